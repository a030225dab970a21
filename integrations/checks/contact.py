"""Checks on the client: consent, address, and what was said since."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations import consent
from integrations.checks import Changed, Holds, Reading, check
from integrations.checks.appointments import moment_in
from integrations.ingest.fields import phone_e164, region_of
from integrations.models import Client, Connection, Message

Params = Mapping[str, Any]


@check("consent")
def consent_holds(params: Params, reading: Reading) -> Holds | Changed:
    """{client, channel, purpose}: may still be written to."""
    client = _client(params, reading)
    if client is None:
        return Changed("The client is gone.")
    channel, purpose = str(params.get("channel") or ""), str(params.get("purpose") or "")
    now = consent.allowed(client, channel, purpose)
    return Holds() if now.ok else Changed(f"{now.why}.", "no")


@check("address")
def address_holds(params: Params, reading: Reading) -> Holds | Changed:
    """{client, channel, address}: the address on record is the one that was seen."""
    client = _client(params, reading)
    if client is None:
        return Changed("The client is gone.")
    seen = str(params.get("address") or "")
    if params.get("channel") == "email":
        same, now = client.email.casefold() == seen.strip().casefold(), client.email
    else:
        region = region_of(Connection.objects.get(pk=reading.connection_id))
        same, now = client.phone == phone_e164(seen, region), client.phone
    return Holds() if same and now else Changed("Another address is on record now.", now)


@check("no_newer_message")
def no_newer_message(params: Params, reading: Reading) -> Holds | Changed:
    """{client, since}: the client wrote nothing since."""
    newer = _messages(params, reading).filter(incoming=True).order_by("-sent_at").first()
    return Changed("The client wrote in the meantime.", newer.body[:120]) if newer else Holds()


@check("no_staff_reply")
def no_staff_reply(params: Params, reading: Reading) -> Holds | Changed:
    """{client, since}: nobody of the salon wrote to the client by other means."""
    # A message with a reference was sent through an API, ours or the salon's own number.
    theirs = _messages(params, reading).filter(incoming=False, reference="")
    theirs = theirs.exclude(source__in=Message.AUTOMATIC)
    newer = theirs.order_by("-sent_at").first()
    return Changed("Somebody wrote to the client already.", newer.body[:120]) if newer else Holds()


@check("not_yet_sent")
def not_yet_sent(params: Params, reading: Reading) -> Holds | Changed:
    """{client, since, containing?}: the platform has not sent this by itself meanwhile."""
    rows = _messages(params, reading).filter(incoming=False, source="platform")
    if params.get("containing"):
        rows = rows.filter(body__icontains=str(params["containing"]))
    newer = rows.order_by("-sent_at").first()
    return Changed("The platform already sent one.", newer.body[:120]) if newer else Holds()


def _client(params: Params, reading: Reading) -> Client | None:
    """The client; one that was merged counts as gone, so that somebody looks again."""
    rows = Client.objects.filter(connection_id=reading.connection_id, deleted_at=None)
    try:
        return rows.filter(pk=int(params.get("client") or 0), merged_into=None).first()
    except (TypeError, ValueError):
        return None


def _messages(params: Params, reading: Reading) -> Any:
    since: datetime = moment_in(params.get("since")) or reading.read_at
    return Message.objects.filter(
        connection_id=reading.connection_id,
        client_id=params.get("client") or 0,
        sent_at__gt=since,
        deleted_at=None,
    )
