"""Clients: finding one, and what is known of them. A client one may not see is not there."""

from datetime import timedelta

from django.http import Http404
from django.urls import reverse
from pydantic import Field

from approvals.permissions import Rights
from approvals.selectors.client_page import wishes_of
from approvals.selectors.thread import client_seen
from approvals.selectors.visits import visits_seen
from approvals.views.clients import seen_by
from approvals.writing_rules import RIGHT
from copilot.ask.asker import Asker, MayNot
from copilot.ask.tools.base import Found, Params, tool
from copilot.ask.veil import Veil
from integrations.finding import clients_found
from integrations.models import Appointment, Client

NOBODY = "Nobody of that name is among the clients that you may see here."
PAST, COMING = 6, 4
YEARS = timedelta(days=800)


class Named(Params):
    name: str = Field(max_length=80, description="Name, part of it or digits of the phone number.")


class One(Params):
    client: str = Field(max_length=40, description="A handle such as CLIENT_A.")


def handle_read(rights: Rights, veil: Veil, handle: str) -> Client:
    """The client behind a handle; MayNot for one that was never given out or is not theirs."""
    client_id = veil.client_of(handle)
    if client_id is None:
        raise MayNot(NOBODY)
    try:
        return client_seen(rights, client_id)
    except Http404:
        raise MayNot(NOBODY) from None


@tool(
    "find_client",
    "Find clients of this salon by name, part of a name, or phone number. Answers with handles.",
    Named,
    rights=(RIGHT,),
    of_clients=True,
)
def find_client(asker: Asker, said: Named, veil: Veil) -> Found:
    found = clients_found(seen_by(asker.rights, [asker.location]), said.name)
    ids = tuple(one.client_id for one in found)
    if not ids:
        return Found(NOBODY, ({"kind": "nobody"},))
    handles = ", ".join(veil.client(one) for one in ids)
    told = f"{len(ids)} found: {handles}." + (
        " Ask which one is meant." if len(ids) > 1 else " Use the handle for further look-ups."
    )
    return Found(told, ({"kind": "clients", "ids": list(ids)},), clients=ids)


@tool(
    "client_record",
    "One client's visits (past and coming), preferences and open forms. Notes are shown to the"
    " asker by the page and not to you.",
    One,
    rights=(RIGHT,),
    of_clients=True,
)
def client_record(asker: Asker, said: One, veil: Veil) -> Found:
    client = handle_read(asker.rights, veil, said.client)
    rows = Appointment.objects.filter(
        visits_seen(asker.rights), client=client, deleted_at=None,
        starts_at__gte=asker.now - YEARS,
    ).exclude(status=Appointment.Status.CANCELLED)  # fmt: skip
    past = list(rows.filter(starts_at__lt=asker.now).order_by("-starts_at")[:PAST])
    coming = list(rows.filter(starts_at__gte=asker.now).order_by("starts_at")[:COMING])
    lines = [f"{_day(asker, one)}: {one.service_name}, {one.status}" for one in [*coming, *past]]
    # Wishes are words of the record, chosen or typed: how many there are is enough for a model.
    told = (
        f"{said.client}: {len(coming)} coming and {len(past)} latest past visits.\n"
        + "\n".join(lines)
        + f"\n{len(wishes_of(client))} preferences and the notes are shown on the page."
    )
    block = {
        "kind": "record",
        "id": client.pk,
        "visits": [one.pk for one in [*coming, *past]],
    }
    source = (f"client:{client.pk}", reverse("client", args=[client.pk]))
    return Found(told, (block,), (source,), (client.pk,))


def _day(asker: Asker, one: Appointment) -> str:
    return f"{one.starts_at.astimezone(asker.location.zone):%Y-%m-%d %H:%M}"
