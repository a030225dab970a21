"""One thread: who wrote what and when, what was drafted and who approved it, what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, JSONObject
from django.http import Http404

from approvals.models import ApprovalItem, Decision, Effect, Revision, ThreadMark, WrittenText
from approvals.permissions import Rights
from approvals.selectors.threads import ASKS_NOTHING, Beside, messages_seen, places_of
from approvals.writing_rules import ANSWER, WRITTEN
from core import clock
from integrations import keywords
from integrations.ingest.diff import is_by_staff
from integrations.models import (
    Appointment,
    ChannelAccount,
    Client,
    Consent,
    Location,
    Message,
)
from integrations.people import of_places

State = ApprovalItem.State
LATEST, ALL = 60, 500
# Drafts and effects older than the oldest message that is shown belong to what is not shown.
BEFORE = timedelta(days=2)
RECENT = timedelta(days=90)
UPCOMING = [str(status) for status in Appointment.UPCOMING]


@dataclass(frozen=True)
class Entry:
    """One line of a thread: a message, or something on its way that is no message yet.

    ``effect`` tells who approved it; ``drafted`` that a model or a standard text wrote it first.
    """

    at: datetime
    incoming: bool
    channel: str
    body: str
    subject: str = ""
    message: Message | None = None
    answers: Message | None = None
    effect: Effect | None = None
    drafted: str = ""
    asked_to_stop: bool = False

    @property
    def key(self) -> str:
        return f"m{self.message.pk}" if self.message else f"e{self.effect.pk if self.effect else 0}"


@dataclass(frozen=True)
class Wish:
    """Something said about being written to: a no, or a yes again. ``channel`` by ``wording``."""

    at: datetime
    channel: str
    granted: bool
    wording: str


@dataclass(frozen=True)
class Thread:
    """``client`` is None for a number nobody is known by; ``sharing`` have the same phone.

    ``drafts`` are open ones about this client that this person may see.
    """

    client: Client | None
    sender: str
    location: Location | None
    entries: list[Entry]
    more: bool
    drafts: list[ApprovalItem] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    sharing: list[Client] = field(default_factory=list)
    settled_at: datetime | None = None
    settled_by: str = ""

    @property
    def unanswered(self) -> bool:
        """The same rule as the list's, for one thread at hand."""
        asked = [one.at for one in self.entries if one.incoming and wants_answer(one.message)]
        told = [one.at for one in self.entries if answers_something(one)]
        last = max([*told, *filter(None, [self.settled_at])], default=None)
        return bool(asked) and (last is None or asked[-1] > last)


def wants_answer(message: Message | None) -> bool:
    """Something a person wrote that nobody and nothing has dealt with yet."""
    if message is None or {"automatic", "opt_out", "handled"} & set(message.details):
        return False
    letters = "".join(one for one in message.body.lower() if one.isalpha() or one == " ")
    return letters.strip() not in ASKS_NOTHING


def answers_something(entry: Entry) -> bool:
    """Written by a person of the salon, here or there, or an approved answer."""
    if entry.incoming:
        return False
    if entry.effect is not None:
        item = entry.effect.item
        return item.purpose == ANSWER or item.agent == WRITTEN
    return entry.message is not None and is_by_staff(entry.message)


def client_seen(rights: Rights, client_id: int) -> Client:
    """A client whose thread this person may see, with what the page needs, or Http404."""
    found = dressed(clients_seen(rights, [client_id]), rights.user_id).first()
    if found is None:
        raise Http404("There is no such conversation.")
    return found


def clients_seen(rights: Rights, client_ids: Iterable[int]) -> QuerySet[Client]:
    """Those of these clients whom this person may see: somebody of their places or own visits."""
    full, own = places_of(rights)
    mine = {"client": OuterRef("pk"), "location_id__in": own, "staff_id": rights.staff_id or 0}
    may = (
        Q(Exists(Message.objects.filter(messages_seen(rights), client=OuterRef("pk"))))
        | of_places(full)
        | Q(Exists(Appointment.objects.filter(**mine)))
    )
    return Client.objects.filter(may, pk__in=list(client_ids))


def dressed(clients: QuerySet[Client], user_id: int) -> QuerySet[Client]:
    """With what is being written, the mark, the next visit and own numbers: one statement."""
    coming = Appointment.objects.filter(
        client=OuterRef("pk"), starts_at__gte=clock.now(), status__in=UPCOMING, deleted_at=None
    ).order_by("starts_at")
    typed = WrittenText.objects.filter(client=OuterRef("pk"), user_id=user_id)
    mark = ThreadMark.objects.filter(client=OuterRef("pk"))
    accounts = ChannelAccount.objects.filter(connection=OuterRef("connection"), enabled=True)
    words = {name: name for name in ("body", "subject", "channel", "caret")}
    return clients.select_related("connection").annotate(
        coming_at=Subquery(coming.values("starts_at")[:1]),
        coming_what=Subquery(coming.values("service_name")[:1]),
        coming_place=Subquery(coming.values("location_id")[:1]),
        typed=Subquery(typed.values(found=JSONObject(**words))[:1]),
        settled_at=Subquery(mark.values("settled_at")[:1]),
        settled_by=Subquery(mark.values("settled_by_name")[:1]),
        own_accounts=ArraySubquery(
            accounts.values(found=JSONObject(channel="channel", place="location_id"))
        ),
        same_phone=ArraySubquery(_same_phone()),
    )


def _same_phone() -> QuerySet[Client, Any]:
    same = Client.objects.filter(
        connection=OuterRef("connection"), phone=OuterRef("phone"), deleted_at=None
    )
    others = same.filter(merged_into=None).exclude(phone="").exclude(pk=OuterRef("pk"))
    words = {"pk": "pk", "first_name": "first_name", "last_name": "last_name"}
    return others.order_by("pk").values(found=JSONObject(**words))[:6]


def client_thread(
    *, rights: Rights, client: Client, whole: bool = False, also: Sequence[int] = ()
) -> tuple[Thread, Beside]:
    """The thread of one client: four queries whatever its length.

    ``also`` are other clients of whom a list beside it shows drafts and consent.
    """
    mine = Message.objects.filter(messages_seen(rights), client=client)
    messages, more = latest(mine, ALL if whole else LATEST)
    since = messages[0].sent_at - BEFORE if messages else clock.now() - RECENT
    found = list(items_of(rights, client, since, also))
    items = [item for item in found if item.client_id == client.pk]
    effects = effects_of(messages, [item.pk for item in items], since)
    consents = list(Consent.objects.filter(client_id__in=[client.pk, *also]))
    thread = Thread(
        client=client,
        sender=client.phone or client.email,
        location=place_of(rights, client, messages),
        entries=entries_of(messages, effects),
        more=more,
        drafts=[item for item in items if item.is_open],
        consents=[row for row in consents if row.client_id == client.pk],
        sharing=[Client(**one) for one in getattr(client, "same_phone", [])],
        settled_at=getattr(client, "settled_at", None),
        settled_by=getattr(client, "settled_by", None) or "",
    )
    return thread, Beside([item for item in found if item.is_open], consents)


def stranger_thread(*, rights: Rights, message_id: int, whole: bool = False) -> Thread:
    """Everything from the number or mailbox of this message that is nobody's; or Http404."""
    theirs = Message.objects.filter(messages_seen(rights), client=None)
    first = _marked(theirs.filter(pk=message_id)).first()
    if first is None:
        raise Http404("There is no such conversation.")
    same = Q(pk=first.pk)
    if first.address:
        same = Q(connection=first.connection_id, address=first.address)
    messages, more = latest(theirs.filter(same), ALL if whole else LATEST)
    return Thread(
        client=None,
        sender=first.address,
        location=next((one.location for one in reversed(messages) if one.location), None),
        entries=entries_of(messages, effects_of(messages, [], None)),
        more=more,
        sharing=known_by(first),
        settled_at=getattr(first, "settled_at", None),
        settled_by=getattr(first, "settled_by", None) or "",
    )


def _marked(messages: QuerySet[Message]) -> QuerySet[Message]:
    """With what was said of the number's thread; one without a number is a thread of its own."""
    alone = When(address="", then=Concat(Value("message "), Cast("id", CharField())))
    mark = ThreadMark.objects.filter(
        client=None, connection=OuterRef("connection"), sender=OuterRef("thread_sender")
    )
    return messages.annotate(thread_sender=Case(alone, default=F("address"))).annotate(
        settled_at=Subquery(mark.values("settled_at")[:1]),
        settled_by=Subquery(mark.values("settled_by_name")[:1]),
    )


def latest(messages: QuerySet[Message], n: int) -> tuple[list[Message], bool]:
    """The newest ``n``, oldest first, and whether there are older ones."""
    found = list(messages.select_related("location").order_by("-sent_at", "-id")[: n + 1])
    return list(reversed(found[:n])), len(found) > n


def items_of(
    rights: Rights, client: Client, since: datetime, also: Sequence[int] = ()
) -> QuerySet[ApprovalItem]:
    """The client's drafts since then, and the open ones of the others too."""
    theirs = Q(client=client) & (Q(state__in=ApprovalItem.OPEN) | Q(created_at__gte=since))
    others = Q(client_id__in=list(also), state__in=ApprovalItem.OPEN)
    return (
        ApprovalItem.real.filter(theirs | others if also else theirs, rights.visible())
        .select_related("revision", "location")
        .defer("known_facts")
        .order_by("id")
    )


def effects_of(
    messages: Sequence[Message], item_ids: list[int], since: datetime | None
) -> list[Effect]:
    """What these messages went out as, and what of these drafts has no message."""
    keys = [message.reference for message in messages if message.reference]
    if not keys and not item_ids:
        return []
    wanted = Q(key__in=keys)
    if since is not None:
        wanted |= Q(item_id__in=item_ids)
    by_machine = Revision.objects.filter(item=OuterRef("item")).exclude(writer="person")
    return list(
        Effect.objects.filter(wanted, type="send_message")
        .select_related("item", "revision", "decision")
        .annotate(first_writer=Subquery(by_machine.order_by("-number").values("writer")[:1]))
        .defer("body", "revision__reasons", "revision__facts", "item__known_facts")
        .order_by("id")
    )


def place_of(rights: Rights, client: Client, messages: Sequence[Message]) -> Location | None:
    """Where the desk writes from: where the talk was last, else where the next visit is."""
    full, own = places_of(rights)
    held = {*full, *own}
    for message in reversed(messages):
        if message.location is not None and message.location_id in held:
            return message.location
    known = Location.objects.filter(connection=client.connection_id, pk__in=held)
    return (
        known.filter(appointment__client=client)
        .order_by(F("appointment__starts_at").desc(nulls_last=True))
        .first()
        or known.order_by("name").first()
    )


def known_by(message: Message) -> list[Client]:
    """Several clients have this number: whose message it is stays open."""
    return _on(message.connection_id, message.address)


def _on(connection_id: UUID, address: str) -> list[Client]:
    if not address:
        return []
    has = Q(email__iexact=address) if "@" in address else Q(phone=address)
    same = Client.objects.filter(has, connection=connection_id, deleted_at=None, merged_into=None)
    return list(same.order_by("pk")[:6])


def entries_of(messages: Sequence[Message], effects: Iterable[Effect]) -> list[Entry]:
    """Messages with what is known about them, and what is on its way, in the order of time."""
    by_key = {effect.key: effect for effect in effects}
    said = {message.external_id: message for message in messages}
    lines = [
        Entry(
            at=message.sent_at,
            incoming=message.incoming,
            channel=message.channel,
            body=message.body,
            subject=message.subject,
            message=message,
            answers=said.get(message.in_reply_to) if message.in_reply_to else None,
            effect=by_key.pop(message.reference, None) if message.reference else None,
            asked_to_stop=message.incoming and is_stop(message),
        )
        for message in messages
    ]
    lines += [
        Entry(
            at=effect.settled_at or effect.created_at,
            incoming=False,
            channel=effect.revision.channel,
            body=effect.revision.body,
            subject=effect.revision.subject,
            effect=effect,
        )
        for effect in by_key.values()
        if stands_alone(effect)
    ]
    return sorted(lines, key=lambda line: line.at)


def stands_alone(effect: Effect) -> bool:
    """What went or goes to the client without being in the log. A ladder's are its own affair."""
    if effect.item.client_id is None:
        return False
    if not effect.outcome:
        return effect.item.state in {State.APPROVED, State.SENDING, State.MANUAL}
    return effect.outcome in {
        Effect.Outcome.SENT,
        Effect.Outcome.BY_HAND,
        Effect.Outcome.UNKNOWN,
    }


def is_stop(message: Message) -> bool:
    """What the provider said of it, else what the words say."""
    told = str(message.details.get("opt_out") or "")
    return told == "stop" or (not told and keywords.understood(message.body) == "stop")


def writer_of(effect: Effect) -> str:
    """``person`` who wrote it here, or how the draft began: ``model``, ``template``, ``edited``."""
    first = str(getattr(effect, "first_writer", "") or "")
    if effect.item.agent == WRITTEN or not first:
        return "person"
    if effect.revision.writer == Revision.Writer.PERSON:
        return f"edited {first}"
    return effect.revision.writer


def approved_by(effect: Effect) -> tuple[str, bool]:
    """Who approved it, and whether beforehand by a standing decision."""
    return effect.decision.actor_name, effect.decision.scope == Decision.Scope.STANDING


def wishes_of(consents: Iterable[Consent]) -> list[Wish]:
    """What was recorded here, one line for each time it was said."""
    said: dict[tuple[str, bool, str], Wish] = {}
    for row in consents:
        if row.origin != Consent.Origin.HERE:
            continue
        at = row.at or row.recorded_at
        key = (row.channel, row.granted, at.isoformat(timespec="minutes"))
        said.setdefault(key, Wish(at, row.channel, row.granted, row.wording))
    return sorted(said.values(), key=lambda wish: wish.at)
