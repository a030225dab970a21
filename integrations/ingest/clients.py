"""What only clients have: search keys, consent from the platform, and being merged."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from core import clock
from integrations.ingest.fields import clean_line, last_four, moment, phone_e164
from integrations.models import (
    Appointment,
    Client,
    Connection,
    Consent,
    Feedback,
    FormResponse,
    Message,
    Sale,
    WaitlistEntry,
)
from integrations.people import fold

FOLLOW = (Appointment, WaitlistEntry, Sale, Message, Feedback, FormResponse)


def client_finish(row: Client, region: str) -> None:
    """Derived columns, after the others were filled."""
    row.phone = phone_e164(row.phone, region)
    row.phone_last4 = last_four(row.phone)
    row.search_key = fold(f"{row.first_name} {row.last_name}")[:400]
    row.email = row.email.strip().lower()


def consents_store(
    client: Client, said: Iterable[Mapping[str, Any]], origin: str, *, created: bool
) -> bool:
    """Bring the rows of one origin in line with what it says; True when anything changed."""
    held = (
        {}
        if created
        else {
            (row.channel, row.purpose): row
            for row in Consent.objects.filter(client=client, origin=origin)
        }
    )
    fresh: dict[tuple[str, str], Consent] = {}
    for given in said:
        key = clean_line(given.get("channel"))[:10], clean_line(given.get("purpose"))[:20]
        granted, at = bool(given.get("granted")), moment(given.get("at"))
        row = held.get(key)
        if row is None or (row.granted, row.at) != (granted, at):
            fresh[key] = _consent(client, origin, key, granted, at)
    # One statement: a salon has eight of these for each of thousands of clients.
    Consent.objects.bulk_create(
        fresh.values(),
        update_conflicts=True,
        unique_fields=["client", "channel", "purpose", "origin"],
        update_fields=["granted", "at", "recorded_at"],
    )
    return bool(fresh)


def _consent(
    client: Client, origin: str, key: tuple[str, str], granted: bool, at: datetime | None
) -> Consent:
    return Consent(
        client=client,
        channel=key[0],
        purpose=key[1],
        origin=origin,
        granted=granted,
        at=at,
        recorded_at=clock.now(),
    )


def client_merge(connection: Connection, gone: Client, into_external_id: str) -> bool:
    """Everything of ``gone`` now belongs to who remained. True when this was news."""
    kept, _ = Client.objects.get_or_create(connection=connection, external_id=into_external_id)
    if kept.pk == gone.pk or gone.merged_into_id == kept.pk:
        return False
    for model in FOLLOW:
        model._default_manager.filter(client=gone).update(client=kept)
    Client.objects.filter(merged_into=gone).update(merged_into=kept)
    _keep_opt_outs(gone, kept)
    _keep_wishes(gone, kept)
    gone.merged_into = kept
    gone.deleted_at = gone.deleted_at or clock.now()
    gone.save(update_fields=["merged_into", "deleted_at"])
    return True


def _keep_opt_outs(gone: Client, kept: Client) -> None:
    """What was recorded here moves along; of two answers the later one, and of equals the no."""
    for row in Consent.objects.filter(client=gone, origin=Consent.Origin.HERE):
        same = Consent.objects.filter(
            client=kept, origin=row.origin, channel=row.channel, purpose=row.purpose
        ).first()
        if same is None:
            row.client = kept
            row.save(update_fields=["client"])
        elif _weight(row.at, row.granted) > _weight(same.at, same.granted):
            Consent.objects.filter(pk=same.pk).update(
                granted=row.granted, at=row.at, wording=row.wording
            )


def _weight(at: datetime | None, granted: bool) -> tuple[float, bool]:
    return (at.timestamp() if at else 0.0, not granted)


def _keep_wishes(gone: Client, kept: Client) -> None:
    Client.objects.filter(pk=kept.pk).update(
        no_drafts=kept.no_drafts or gone.no_drafts,
        plain_texts=kept.plain_texts or gone.plain_texts,
    )
