"""One draft in full: text, why, evidence, client, history, effects."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from approvals import facts, policy
from approvals.hygiene import Hidden, hidden_characters
from approvals.leaving import words_at
from approvals.manual import ManualStep, manual_steps
from approvals.models import (
    ApprovalItem,
    Decision,
    Effect,
    Evidence,
    Revision,
    TypedText,
)
from approvals.permissions import Rights
from approvals.presence import Present, presence_of
from approvals.segments import Segments, sms_segments
from approvals.services.filling import catalogue_of, day_of_sending
from core import clock
from integrations.models import Appointment, Client, Message, User
from integrations.moments import hour

State = ApprovalItem.State
THREAD = 6
BESIDE = ("client", "location", "connection", "revision", "staff", "appointment")
# What the next draft mostly has in common with the one before it.
SHARED = ("location", "connection")


@dataclass(frozen=True)
class HistoryLine:
    """Something that happened to the draft: ``what`` in words, ``who`` did it."""

    at: datetime
    who: str
    what: str
    words: str = ""


@dataclass(frozen=True)
class ClientCard:
    """What the desk wants to know about the client, and no more."""

    client: Client
    next_visits: list[Appointment]
    messages: list[Message]
    wishes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class ItemCard:
    """All the card shows. ``evidence_sha256`` and ``revision.pk`` are posted back as seen."""

    item: ApprovalItem
    revision: Revision | None
    care: str
    care_reasons: list[str]
    spans: list[facts.Span]
    hidden: list[Hidden]
    segments: Segments | None
    reasons: list[dict[str, str]]
    warnings: list[str]
    changes: list[dict[str, str]]
    client: ClientCard | None
    typed: TypedText | None
    present: list[Present]
    manual: list[ManualStep] = field(default_factory=list)
    undo_until: datetime | None = None
    goes_out_at: datetime | None = None
    hold_seconds: int = 0
    recipient: str = ""
    actions: list[dict[str, Any]] = field(default_factory=list)
    words_left: list[TypedText] = field(default_factory=list)

    # Asked of the database only by the page that shows them: most cards never do.

    @cached_property
    def evidence(self) -> list[Evidence]:
        return list(self.revision.evidence.order_by("position")) if self.revision else []

    @cached_property
    def history(self) -> list[HistoryLine]:
        return history_of(self.item)

    @property
    def heading(self) -> str:
        """Whom it is for and what it is; a title that names them already stays as it is."""
        client, title = self.item.client, self.item.title or "A draft"
        if client is None or (client.first_name or client.last_name or "?") in title:
            return title
        return f"{client.short_name} · {title}"

    @property
    def evidence_sha256(self) -> str:
        return self.revision.evidence_sha256 if self.revision else ""

    @property
    def pieces(self) -> list[tuple[str, facts.Span | None]]:
        """The text cut at its facts, to mark each: (text, span or None)."""
        body = self.revision.body if self.revision else ""
        cut: list[tuple[str, facts.Span | None]] = []
        at = 0
        for span in self.spans:
            if span.start > at:
                cut.append((body[at : span.start], None))
            cut.append((body[span.start : span.end], span))
            at = span.end
        if at < len(body):
            cut.append((body[at:], None))
        return cut


def item_for(
    *, user: User, rights: Rights, item_id: int, after: ApprovalItem | None = None
) -> ApprovalItem:
    """A draft this person may see, or Http404 (also for one that does not exist).

    ``after``: one that was just read, mostly of the same place: what both share is not read twice.
    """
    if after is None:
        return _visible(ApprovalItem.objects.select_related(*BESIDE), rights, item_id)
    own = [name for name in BESIDE if name not in SHARED]
    item = _visible(ApprovalItem.objects.select_related(*own), rights, item_id)
    for name in SHARED:
        if getattr(item, f"{name}_id") == getattr(after, f"{name}_id"):
            setattr(item, name, getattr(after, name))
    return item


def item_alone(*, rights: Rights, item_id: int) -> ApprovalItem:
    """As much of it as a press asks before it decides: all is read anew then, under the lock.

    Six tables joined cost a press a tenth of its time.
    """
    asked = ("state", "care", "subject", "revision__channel")
    rows = ApprovalItem.objects.select_related("revision").only(*asked)
    return _visible(rows, rights, item_id)


def _visible(rows: QuerySet[ApprovalItem], rights: Rights, item_id: int) -> ApprovalItem:
    try:
        return rows.get(rights.visible(), pk=item_id)
    except ApprovalItem.DoesNotExist as error:
        raise Http404("There is no such draft.") from error


def item_card(item: ApprovalItem, *, user: User) -> ItemCard:
    """Everything the card shows. The facts are matched anew: what changed is no longer verified."""
    revision = item.revision
    body = revision.body if revision else ""
    held = held_effect(item)
    typed, left = words_at(item, user=user)
    return ItemCard(
        item=item,
        revision=revision,
        care=policy.care_for_reader(
            item.care, revision.language if revision else "", user.languages
        ),
        care_reasons=list(item.care_reasons),
        spans=facts.facts_check(
            body,
            item.known_facts,
            catalogue=catalogue_of(item.connection_id),
            strangers=[
                one["text"]
                for one in (revision.facts if revision else [])
                if one["kind"] == "name" and not one["verified"]
            ],
            today=day_of_sending(item),
        ),
        hidden=hidden_characters(body),
        segments=sms_segments(body) if revision and revision.channel == "sms" else None,
        reasons=list(revision.reasons) if revision else [],
        warnings=list(revision.warnings) if revision else [],
        changes=list(item.changes),
        client=client_card(item.client) if item.client else None,
        typed=typed,
        present=presence_of([item.pk], but=user.pk).get(item.pk, []),
        manual=manual_steps(item) if item.state == State.MANUAL else [],
        undo_until=held.held_until if held else None,
        goes_out_at=held.not_before if held else None,
        hold_seconds=policy.hold_seconds(revision.channel if revision else "", False),
        recipient=item.client.short_name if item.client else "",
        words_left=left,
    )


def held_effect(item: ApprovalItem) -> Effect | None:
    """The first effect of an approved draft that can still be taken back."""
    if item.state != State.APPROVED:
        return None
    return item.effects.filter(outcome="", call_started_at=None).order_by("id").first()


def client_card(client: Client) -> ClientCard:
    now = clock.now()
    visits = client.appointments.filter(
        starts_at__gte=now, status__in=Appointment.UPCOMING, deleted_at=None
    ).order_by("starts_at")[:3]
    messages = client.messages.order_by("-sent_at")[:THREAD]
    return ClientCard(client, list(visits), list(reversed(messages)), wishes_of(client))


CHANNELS = {"sms": "texts", "email": "e-mail", "phone": "a call", "call": "a call"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def wishes_of(client: Client) -> list[tuple[str, str]]:
    """The client's own preferences in words. A platform's shape we cannot put in words is left."""
    said = client.preferences if isinstance(client.preferences, dict) else {}
    known = {"channel", "staffIds", "windows"}
    ids = [str(one) for one in said.get("staffIds") or []]
    people = client.connection.staffmember_set.filter(external_id__in=ids) if ids else []
    windows = [one for one in said.get("windows") or [] if isinstance(one, dict)]
    channel = str(said.get("channel") or "")
    wishes = [
        ("Likes", CHANNELS.get(channel, channel)),
        ("With", ", ".join(person.name for person in people)),
        ("Best times", ", ".join(filter(None, map(_window, windows)))),
    ]
    wishes += [
        (name, value)
        for name, value in said.items()
        if name not in known and isinstance(value, str)
    ]
    return [(label, words) for label, words in wishes if words]


def _window(said: dict[str, Any]) -> str:
    """``Mon Tue Wed 5 pm to 8 pm``; days are letters by position, a dash for none."""
    letters = str(said.get("days") or "")
    named = [day for day, letter in zip(DAYS, letters, strict=False) if letter not in "- "]
    days = "any day" if len(named) in (0, 7) else " ".join(named)
    since, until = _hour(said.get("from")), _hour(said.get("to"))
    hours = f"{since} to {until}" if since and until else ""
    return f"{days} {hours}".strip()


def _hour(said: Any) -> str:
    """A platform's ``17:00`` as the desk reads hours; what is no hour stays as it was said."""
    try:
        return hour(time.fromisoformat(str(said or "")))
    except ValueError:
        return str(said or "")


def history_of(item: ApprovalItem) -> list[HistoryLine]:
    """Texts written, decisions taken and what came of them, oldest first."""
    lines = [
        HistoryLine(revision.created_at, _writer(revision), "wrote the text", "")
        for revision in item.revisions.select_related("author").exclude(writer="person")
    ]
    lines += [
        HistoryLine(decision.at, decision.actor_name, decision.get_kind_display(), _said(decision))
        for decision in item.decisions.order_by("id")
    ]
    lines += [
        HistoryLine(effect.settled_at, "", effect.get_outcome_display(), effect.plain_error)
        for effect in item.effects.order_by("id")
        if effect.settled_at is not None and effect.outcome
    ]
    for flag in item.flags.order_by("id"):
        lines.append(HistoryLine(flag.at, flag.by_name, "flagged it", flag.words))
        if flag.settled_at is not None:
            answer = HistoryLine(flag.settled_at, flag.settled_by_name, "answered", flag.answer)
            lines.append(answer)
    return sorted(lines, key=lambda line: line.at)


def _writer(revision: Revision) -> str:
    return "The standard text" if revision.writer == Revision.Writer.TEMPLATE else "The copilot"


def _said(decision: Decision) -> str:
    if decision.kind == Decision.Kind.SNOOZE:
        return ""
    reason = policy.REJECT_REASONS.get(decision.reason, "")
    return " · ".join(part for part in (reason, decision.words) if part)


def seconds_left(until: datetime | None) -> float:
    """How long an undo still holds, for the countdown."""
    return max(0.0, ((until or clock.now()) - clock.now()) / timedelta(seconds=1))
