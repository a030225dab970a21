"""Forgetting a client in the working copy: every word that is theirs goes, ids and times stay.

Their opt-outs stay as well: a no must outlive everything. Whoever still has the client is the
platform: as long as it shows them, the next sync brings their record back, so it is asked first.
"""

from typing import Any

from django.db import connection
from django.db.models import Model

from core import clock
from integrations.models import (
    Appointment,
    Client,
    Consent,
    Feedback,
    FormResponse,
    InboundEvent,
    ListenerRetry,
    Message,
    WaitlistEntry,
)

NOBODY: dict[str, Any] = {
    "first_name": "",
    "last_name": "",
    "email": "",
    "phone": "",
    "birthday": None,
    "postal_code": "",
    "timezone": "",
    "locale": "",
    "past_services": [],
    "notes": "",
    "tags": [],
    "preferences": {},
    "custom_fields": {},
    "total_spend": None,
    "search_key": "",
    "phone_last4": "",
}
WORDS: tuple[tuple[type[Model], dict[str, Any]], ...] = (
    (Appointment, {"notes": "", "cancel_reason": ""}),
    (WaitlistEntry, {"note": "", "windows": []}),
    (Message, {"subject": "", "body": "", "address": "", "details": {}}),
    (Feedback, {"text": ""}),
    (FormResponse, {"answers": {}, "link": ""}),
    (Consent, {"wording": ""}),
)


def client_forget(client: Client) -> None:
    """Call inside the transaction that empties their drafts (approvals/services/erasing.py)."""
    deliveries_empty(client)
    for model, nothing in WORDS:
        model._default_manager.filter(client=client).update(**nothing)
    ListenerRetry.objects.filter(event__client_id=client.pk).delete()
    when = client.deleted_at or clock.now()
    Client.objects.filter(pk=client.pk).update(deleted_at=when, **NOBODY)


def deliveries_empty(client: Client) -> int:
    """Empty what arrived about them and was read already; returns how many deliveries.

    Found by the platform's id, number or mailbox inside the bytes: one pass over the table, which a
    request to be forgotten is worth.
    """
    marks = [mark for mark in (client.external_id, client.phone, client.email) if mark]
    table = connection.ops.quote_name(InboundEvent._meta.db_table)
    found = " OR ".join(["position(convert_to(%s, 'UTF8') in body) > 0"] * len(marks))
    sql = f"""
        UPDATE {table} SET body = '' WHERE connection_id = %s
        AND state IN ('done', 'dead') AND ({found})"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [client.connection_id, *marks])
        return cursor.rowcount
