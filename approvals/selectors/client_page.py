"""One client as somebody on the phone with them needs them: the day, the talk, what waits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from approvals.brakes import mishaps_of
from approvals.models import ApprovalItem, CallOutcome, Mishap
from approvals.permissions import Rights
from approvals.selectors.threads import messages_seen
from approvals.selectors.visits import visits_near
from core import clock
from integrations import consent
from integrations.models import Appointment, Client, Message

State = ApprovalItem.State
TEXTS = 6
CALLS_SINCE = timedelta(days=14)
# What stands for a wish among a client's preferences at the platforms, in words.
SKIPPED = ("channel",)


@dataclass(frozen=True)
class VisitLine:
    """One appointment with what can be said about it, and the last call about it."""

    visit: Appointment
    upcoming: bool
    began: bool
    today: bool
    call: CallOutcome | None = None

    @property
    def can_undo(self) -> bool:
        return self.call is not None and can_undo(self.call)


@dataclass(frozen=True)
class ClientPage:
    client: Client
    visits: list[VisitLine]
    texts: list[Message]
    drafts: list[ApprovalItem]
    calls: list[CallOutcome]
    mishaps: list[Mishap]
    wishes: list[tuple[str, str]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


def can_undo(call: CallOutcome) -> bool:
    """While the platform has not been told: the same rule as the draft's own undo."""
    if call.undone_at is not None or call.kind == CallOutcome.Kind.STOPPED:
        return False
    takes_back = (State.APPROVED, State.MANUAL, State.PENDING, State.STALE, State.FAILED)
    return call.item is None or call.item.state in takes_back


def client_page(*, rights: Rights, client: Client) -> ClientPage:
    """What the page shows; ``client`` comes from ``client_seen``. A fixed number of queries."""
    visits = visits_near(rights, client)
    calls = list(
        CallOutcome.objects.filter(
            client=client,
            location__in=rights.locations,
            at__gte=clock.now() - CALLS_SINCE,
        )
        .select_related("item", "location")
        .order_by("-at")[:8]
    )
    texts = Message.objects.filter(messages_seen(rights), client=client).order_by("-sent_at")
    drafts = ApprovalItem.real.filter(rights.visible(), client=client, state__in=ApprovalItem.OPEN)
    return ClientPage(
        client=client,
        visits=[_line(one, calls) for one in visits],
        texts=list(texts[:TEXTS])[::-1],
        drafts=list(drafts.select_related("location", "revision").order_by("due_at", "pk")[:20]),
        calls=calls,
        mishaps=[one for one in mishaps_of(client.pk) if one.location_id in rights.locations],
        wishes=wishes_of(client),
        flags=_flags(client),
    )


def _line(visit: Appointment, calls: Sequence[CallOutcome]) -> VisitLine:
    now, zone = clock.now(), visit.location.zone
    mine = (one for one in calls if one.appointment_id == visit.pk and one.undone_at is None)
    return VisitLine(
        visit=visit,
        upcoming=visit.is_upcoming,
        began=visit.starts_at <= now,
        today=visit.starts_at.astimezone(zone).date() == now.astimezone(zone).date(),
        call=next(mine, None),
    )


def wishes_of(client: Client) -> list[tuple[str, str]]:
    held = client.preferences if isinstance(client.preferences, dict) else {}
    return [
        (str(name).replace("_", " ").capitalize(), str(value))
        for name, value in held.items()
        if value not in ("", None, [], {}) and name not in SKIPPED
    ]


def _flags(client: Client) -> list[str]:
    said = [
        f"No more {consent.IN_WORDS[channel]}"
        for channel in ("sms", "email")
        if consent.opted_out(client, channel)
    ]
    if client.no_drafts:
        said.append("No drafts")
    if client.plain_texts:
        said.append("Plain texts only")
    if client.no_show_count:
        many = "s" if client.no_show_count != 1 else ""
        said.append(f"{client.no_show_count} no-show{many}")
    return [*said, *map(str, client.tags if isinstance(client.tags, list) else [])]
