"""Preference: a wish found in notes or in a form is proposed as a change of the record, with the
sentence it came from. A person decides; nothing is read by a model."""

from datetime import datetime, timedelta

from pydantic import Field

from agents.base import Agent, Drafted, Offset, Opening, Skip, Text, register
from agents.context import Contact, Context
from agents.health import Wish, wishes_in
from agents.known import written_of
from agents.reading import Reader
from approvals.actions import UpdateClient
from approvals.models import ApprovalItem
from approvals.proposals import EvidenceItem, Proposal, Reason
from integrations.events import AppointmentSoon, Event, FormSubmitted, ServiceCompleted
from integrations.models import Client, Location

DAY_BEFORE = Offset("preference-24h", 24)
USEFUL_FOR = timedelta(days=14)


class FoundContext(Context):
    """(name, value, sentence, where it stands) of each wish that is not on record yet."""

    found: tuple[tuple[str, str, str, str], ...] = Field(default_factory=tuple)


@register
class Preference(Agent):
    name = "preference"
    label = "Preferences"
    about = "Proposes to put wishes from notes and forms on record, with the sentence they are in."
    listens_to = (AppointmentSoon, FormSubmitted, ServiceCompleted)
    offsets = (DAY_BEFORE,)
    one_message = False
    reads = ("first_name", "last_name", "notes", "preferences")
    group = "changes"
    right = "review_changes"
    example = {}

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        client = _client(event)
        wishes = new_wishes(client) if client is not None else []
        if client is None or not wishes:
            return Skip("There is no wish that is not on record.")
        if _asked_before(client, wishes):
            return Skip("The desk decided about this before.")
        return Opening(
            subject=f"client:{client.pk}",
            occasion=occasion(wishes),
            title=f"Put on record for {client.short_name}: {_said(wishes)}",
            due_at=as_of + USEFUL_FOR,
            tag="preference",
            client_id=client.pk,
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        client = _client(event)
        wishes = new_wishes(client) if client is not None else []
        if client is None or not wishes:
            return Skip("There is no wish that is not on record.")
        location = Location.objects.select_related("connection").get(pk=event.location_id or 0)
        reader = Reader(type(self), as_of)
        return FoundContext(
            as_of=as_of,
            event_at=event.at,
            kind="preference",
            subject=f"client:{client.pk}",
            occasion=occasion(wishes),
            salon=reader.salon(location, location.connection),
            contact=Contact(
                client_id=client.pk,
                client_external_id=client.external_id,
                channel="sms",
                address="",
            ),
            people=[reader.person(client)],
            appointments=[],
            due_at=as_of + USEFUL_FOR,
            found=tuple(
                (one.name, one.value, one.sentence.text, one.sentence.source) for one in wishes
            ),
        )

    def draft(self, context: Context) -> Drafted:
        return Drafted(text=Text(""))

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        found = getattr(context, "found", ())
        fields = {f"preference_{name}": value for name, value, *_ in found}
        evidence = tuple(
            EvidenceItem(
                label=f"{name}: {value}",
                value=f"“{text}”",
                source_kind="client",
                source_id=context.contact.client_external_id,
                source_label=source,
                read_at=context.as_of,
            )
            for name, value, text, source in found
        )
        said = ", ".join(f"{name}: {value}" for name, value, *_ in found)
        return [
            Proposal(
                subject=context.subject,
                occasion=context.occasion,
                title=f"Put on record for {context.addressee.short_name}: {said}"[:200],
                origin="Found in notes or a form",
                tag="preference",
                group=self.group,
                right=self.right,
                actions=(
                    UpdateClient(
                        client=context.contact.client_external_id,
                        fields={"custom_fields": fields},
                    ),
                ),
                evidence=evidence,
                reasons=tuple(Reason(f"“{text}”", source) for _name, _value, text, source in found),
                known_facts=(),
                writer=drafted.writer,
                due_at=context.due_at,
                moment="it is of use",
                client_id=context.contact.client_id,
            )
        ]


def _client(event: Event) -> Client | None:
    return Client.objects.filter(pk=event.client_id or 0, deleted_at=None).first()


def new_wishes(client: Client) -> list[Wish]:
    """Wishes in what was written that neither the preferences nor the fields hold."""
    held = {str(name).casefold() for name, value in _held(client).items() if value}
    found = wishes_in(written_of(client))
    return [one for one in found if not {one.name, f"preference_{one.name}"} & held]


def _held(client: Client) -> dict[str, object]:
    parts = (client.preferences, client.custom_fields)
    return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}


def _asked_before(client: Client, wishes: list[Wish]) -> bool:
    """Whether the same change waits, or was decided either way."""
    return (
        ApprovalItem.objects.filter(agent=Preference.name, client=client, occasion=occasion(wishes))
        .exclude(state__in=[ApprovalItem.State.SUPERSEDED, ApprovalItem.State.WITHDRAWN])
        .exists()
    )


def occasion(wishes: list[Wish]) -> str:
    return "found:" + ",".join(sorted(f"{one.name}={one.value}" for one in wishes))[:100]


def _said(wishes: list[Wish]) -> str:
    return ", ".join(f"{one.name}: {one.value}" for one in wishes)
