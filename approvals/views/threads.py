"""A thread and the list of threads as templates draw them: words, never markup."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo

from approvals.hygiene import made_visible
from approvals.models import ApprovalItem, Effect
from approvals.permissions import Rights
from approvals.selectors.card import seconds_left
from approvals.selectors.thread import Entry, Thread, approved_by, wishes_of, writer_of
from approvals.selectors.threads import ThreadRow
from approvals.templatetags.desk import ago, how_long, when
from approvals.views.context import Piece, visible
from approvals.writing_rules import WRITTEN
from core import clock
from integrations.consent import IN_WORDS
from integrations.models import Message
from integrations.people import telephone

State, Outcome = ApprovalItem.State, Effect.Outcome
SHORT, QUOTE, LONG = 110, 90, 1200
KINDS = {"sms": "text", "email": "e-mail"}
BY_MACHINE = {
    "model": "Drafted with AI, approved by {who}",
    "template": "Standard text, approved by {who}",
    "edited model": "Drafted with AI, edited and approved by {who}",
    "edited template": "Standard text, edited and approved by {who}",
    "person": "Written by {who}",
}
# How far a message got, and whether somebody should care.
REACHED = {
    "queued": ("On its way", ""),
    "sent": ("Sent", ""),
    "delivered": ("Delivered", "good"),
    "failed": ("Not delivered", "bad"),
    "undelivered": ("Not delivered", "bad"),
}


@dataclass(frozen=True)
class RowView:
    """One line of the list. ``mark`` changes exactly when what is drawn changes."""

    row: ThreadRow
    name: str
    tag: str
    tone: str
    text: str
    note: str
    url: tuple[str, int]
    mark: str = ""


@dataclass(frozen=True)
class Bubble:
    """One line of the thread. ``held`` is a draft that can still be taken back."""

    key: str
    kind: str
    at: datetime
    who: str
    when: str
    pieces: list[Piece]
    subject: list[Piece] = field(default_factory=list)
    channel: str = ""
    by: str = ""
    status: str = ""
    tone: str = ""
    quote: str = ""
    notes: list[str] = field(default_factory=list)
    item_id: int = 0
    held: int = 0
    seconds: int = 0
    by_hand: bool = False
    long: bool = False


@dataclass(frozen=True)
class Day:
    """A day of the thread, in the location's time."""

    label: str
    bubbles: list[Bubble]


def row_view(row: ThreadRow, now: datetime, cover: bool = False) -> RowView:
    message = row.last
    name = made_visible(row.client.short_name) if row.client else sender_words(row.sender)
    tag, tone = row_tag(row, now)
    words = made_visible(message.subject if not message.body.strip() else message.body)
    text = (words or media_words(message) or "No words in it")[:SHORT]
    if not message.incoming:
        text = f"Salon: {text}"
    if cover:
        text = ""
    url = ("conversation", row.client.pk) if row.client else ("stranger", message.pk)
    note = row.opted_out
    shown = f"{row.key}|{name}|{tag}|{tone}|{text}|{note}|{message.pk}"
    mark = hashlib.sha256(shown.encode()).hexdigest()[:12]
    return RowView(row, name, tag, tone, text, note, url, mark)


def row_tag(row: ThreadRow, now: datetime) -> tuple[str, str]:
    if row.unanswered and row.asked_at is not None:
        return f"waiting {how_long(now - row.asked_at)}", "urgent"
    if row.drafts:
        return "draft ready", "watch"
    return ago(row.last.sent_at), "plain"


def sender_words(sender: str) -> str:
    """A number as people write it, or a mailbox; with what cannot be seen drawn."""
    if not sender:
        return "Unknown sender"
    return made_visible(sender if "@" in sender else telephone(sender))


def list_mark(rows: Sequence[RowView], *more: object) -> str:
    said = "|".join([*(row.mark for row in rows), *map(str, more)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def days_of(thread: Thread, rights: Rights) -> list[Day]:
    """The lines under their days; what was recorded about consent stands among them."""
    zone: tzinfo = thread.location.zone if thread.location else UTC
    seen = {item.pk: item for item in thread.drafts}
    bubbles = [bubble_of(entry, thread, zone, rights, seen) for entry in thread.entries]
    first = thread.entries[0].at if thread.entries and thread.more else None
    for wish in wishes_of(thread.consents):
        if first is not None and wish.at < first:
            continue
        said = f"{'Welcome again' if wish.granted else 'No more'}: {IN_WORDS[wish.channel]}"
        said += f" (“{made_visible(wish.wording)}”)" if wish.wording else ""
        at = clock_of(wish.at, zone)
        bubbles.append(Bubble("", "wish", wish.at, "", at, [Piece(said)]))
    bubbles.sort(key=lambda one: one.at)
    days: dict[date, list[Bubble]] = {}
    for bubble in bubbles:
        days.setdefault(bubble.at.astimezone(zone).date(), []).append(bubble)
    return [Day(day_words(day, zone), lines) for day, lines in days.items()]


def clock_of(at: datetime, zone: tzinfo) -> str:
    return when(at, zone).rpartition(" at ")[2]


def day_words(day: date, zone: tzinfo) -> str:
    today = clock.now().astimezone(zone).date()
    if day == today:
        return "Today"
    if (today - day).days == 1:
        return "Yesterday"
    year = f", {day.year}" if day.year != today.year else ""
    return f"{day:%A}, {day:%B} {day.day}{year}"


def bubble_of(
    entry: Entry, thread: Thread, zone: tzinfo, rights: Rights, seen: dict[int, ApprovalItem]
) -> Bubble:
    effect = entry.effect
    status, tone = status_of(entry, zone)
    held = effect.item_id if effect and may_take_back(effect) else 0
    linked = effect is not None and rights.may_see(effect.item)
    return Bubble(
        key=entry.key,
        kind="in" if entry.incoming else "out",
        at=entry.at,
        who=who_wrote(entry, thread),
        # One clock for the whole thread: two would put a later line at an earlier hour.
        when=clock_of(entry.at, zone),
        pieces=visible(entry.body),
        subject=visible(entry.subject),
        channel=KINDS.get(entry.channel, entry.channel),
        by=by_words(entry),
        status=status,
        tone=tone,
        quote=quote_of(entry),
        notes=notes_of(entry),
        item_id=effect.item_id if effect and linked else 0,
        held=held,
        seconds=round(seconds_left(effect.held_until)) if effect and held else 0,
        by_hand=bool(effect and not effect.outcome and effect.item.state == State.MANUAL),
        long=len(entry.body) > LONG,
    )


def who_wrote(entry: Entry, thread: Thread) -> str:
    if not entry.incoming:
        return ""
    if thread.client is None:
        return sender_words(thread.sender)
    return made_visible(thread.client.first_name or thread.client.short_name)


def by_words(entry: Entry) -> str:
    """Who wrote or approved what went out."""
    if entry.incoming:
        return ""
    if entry.effect is not None:
        who, standing = approved_by(entry.effect)
        if standing:
            return f"Standard text, approved beforehand by {who}"
        return BY_MACHINE[writer_of(entry.effect)].format(who=made_visible(who))
    source = entry.message.source if entry.message else ""
    if source in {"", "platform"}:
        return "Sent by the booking platform"
    if source in Message.AUTOMATIC or (entry.message and entry.message.reference):
        return "Sent by a program"
    return f"Written at the platform ({made_visible(source.replace('_', ' '))})"


def may_take_back(effect: Effect) -> bool:
    """Still in its hold, or waiting for the morning: nothing has left."""
    waiting = not effect.outcome and effect.call_started_at is None
    return waiting and effect.item.state == State.APPROVED


def status_of(entry: Entry, zone: tzinfo) -> tuple[str, str]:
    """How far it got, and a tone: good, bad, wait or ''."""
    if entry.incoming:
        return "", ""
    if entry.effect is not None and entry.message is None:
        return status_without_message(entry.effect, zone)
    message = entry.message
    words, tone = REACHED.get(message.status if message else "", ("Sent", ""))
    reason = str(message.details.get("reason") or "") if message else ""
    return (f"{words}: {made_visible(reason)}" if reason and tone == "bad" else words), tone


def status_without_message(effect: Effect, zone: tzinfo) -> tuple[str, str]:
    if effect.outcome == Outcome.UNKNOWN:
        return "May have been sent. Please check", "bad"
    if effect.outcome == Outcome.BY_HAND:
        return "Done by hand", "good"
    if effect.outcome:
        return "Sent", ""
    if effect.item.state == State.MANUAL:
        return "To do by hand", "wait"
    if effect.call_started_at is not None:
        return "Going out now", "wait"
    if (effect.not_before - clock.now()).total_seconds() > 60:
        return f"Goes out {when(effect.not_before, zone)}", "wait"
    return "Leaves in a moment", "wait"


def quote_of(entry: Entry) -> str:
    """What it answers, so that a short "yes" can be read."""
    if entry.answers is None:
        return ""
    body = " ".join(made_visible(entry.answers.body).split())
    return f"{body[:QUOTE]}…" if len(body) > QUOTE else body


def notes_of(entry: Entry) -> list[str]:
    """What came beside the words, and what was made of them."""
    message = entry.message
    if message is None:
        return []
    details = message.details
    notes = [media_words(message)]
    if not message.body.strip() and not details.get("media"):
        notes.append("An empty message")
    if entry.asked_to_stop:
        notes.append("Asked for no more messages")
    if details.get("automatic"):
        notes.append("An automatic answer")
    if details.get("handled"):
        notes.append(f"Understood: {made_visible(str(details['handled']))}")
    if message.location is None and message.incoming and message.client_id is None:
        notes.append("No location known")
    return [note for note in notes if note]


def media_words(message: Message) -> str:
    """Pictures and files are named, never fetched."""
    media = message.details.get("media") or []
    if not media:
        return ""
    kinds = {str(one.get("type") or one.get("content_type") or "").split("/")[0] for one in media}
    word = "picture" if kinds == {"image"} else "attachment"
    return f"{len(media)} {word}{'s' if len(media) != 1 else ''}, to be seen at the channel itself"


def waiting_drafts(thread: Thread, mine: ApprovalItem | None) -> Iterable[ApprovalItem]:
    """The drafts that wait for somebody; one's own words taken back stand in the composer."""
    return [item for item in thread.drafts if mine is None or item.pk != mine.pk]


def seen_of(thread: Thread) -> tuple[int, int]:
    """(newest message, newest written draft) of what is on the page."""
    messages = [entry.message.pk for entry in thread.entries if entry.message]
    effects = [entry.effect for entry in thread.entries if entry.effect]
    written = [effect.item_id for effect in effects if effect.item.agent == WRITTEN]
    return max(messages, default=0), max(written, default=0)
