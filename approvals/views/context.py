"""What the templates of the queue get."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from approvals import policy
from approvals.counter_mode import covers
from approvals.errors import NotPossible
from approvals.hygiene import hidden_characters
from approvals.models import ApprovalItem, TypedText
from approvals.reading_line import reading_line
from approvals.schedule.lateness import late_for_item
from approvals.selectors import (
    ItemCard,
    QueueFilters,
    item_card,
    item_for,
    queue_page,
)
from approvals.services.approving import plan_of
from approvals.services.filling import actions_of
from approvals.templatetags.desk import clock_words, first_name, when
from approvals.views.rows import groups_of, mark_of
from approvals.views.rungs import SKIP_REASONS, LadderCard, ladder_card
from core import clock
from integrations.cancelling import GivenUp, cancellations_of
from integrations.models import User

State = ApprovalItem.State
REVIEW = ("review_messages", "review_offers", "review_retail", "review_changes", "review_orders")
EDITABLE = {State.PENDING, State.FAILED, State.STALE}
DECIDABLE = {State.PENDING, State.FAILED}
LIMIT, MOST = 50, 500
# The digit in the menu, and (key, words).
REASONS = list(enumerate(policy.REJECT_REASONS.items(), 1))


@dataclass(frozen=True)
class Outlook:
    """What approving would do: the button's words, when it leaves, or why it cannot."""

    button: str
    goes: str = ""
    too_late: str = ""
    by_hand: bool = False


@dataclass(frozen=True)
class Piece:
    """A stretch of the text as it is drawn. ``kind``: '', ok, odd (not found), unprintable."""

    text: str
    kind: str = ""
    title: str = ""


def filters_of(params: Mapping[str, Any]) -> QueueFilters:
    """What the address says; anything unknown counts as not said, so that old links still open."""
    place = str(params.get("location", ""))
    group = str(params.get("kind", ""))
    return QueueFilters(
        group=group if group in policy.GROUPS else "",
        location_id=int(place) if place.isdigit() and len(place) < 19 else None,
        text=str(params.get("q", ""))[:80].strip(),
        snoozed=params.get("view") == "later",
        batch=str(params.get("batch", ""))[:80],
    )


def query_of(filters: QueueFilters, **other: Any) -> str:
    """The address's part for these filters, with its question mark; '' for none."""
    said = {
        "kind": filters.group,
        "location": filters.location_id or "",
        "q": filters.text,
        "view": "later" if filters.snoozed else "",
        "batch": filters.batch,
    } | other
    kept = {name: value for name, value in said.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def list_context(request: HttpRequest) -> dict[str, Any]:
    """The list, its headings, chips and counts: what is swapped when something arrives."""
    filters = filters_of(request.GET)
    page = queue_page(
        user=request.user,  # type: ignore[arg-type]
        rights=rights_in(request),
        filters=filters,
        limit=limit_of(request),
    )
    cover = covers(request)
    groups = groups_of(page, filters.snoozed, cover)
    kinds = [
        (group, page.counts.by_kind.get(group.key, 0))
        for group in policy.GROUPS.values()
        if page.counts.by_kind.get(group.key) or group.key == filters.group
    ]
    return {
        "page": page,
        "groups": groups,
        "kinds": kinds,
        "filters": filters,
        "query": query_of(filters),
        "home": reverse("queue") + query_of(filters),
        "mark": mark_of(page, groups),
        "limit": limit_of(request),
        "more": min(limit_of(request) + LIMIT, MOST),
        "nothing": not page.rows,
        "cover": cover,
        "reject_reasons": REASONS,
    }


def rights_in(request: HttpRequest) -> Any:
    """What ``requires`` found out about this person."""
    return request.rights  # type: ignore[attr-defined]


def limit_of(request: HttpRequest) -> int:
    asked = str(request.GET.get("show", ""))
    return max(LIMIT, min(int(asked), MOST)) if asked.isdigit() and len(asked) < 5 else LIMIT


def item_of(request: HttpRequest, item_id: int) -> ApprovalItem:
    return item_for(user=request.user, rights=rights_in(request), item_id=item_id)  # type: ignore[arg-type]


def card_context(request: HttpRequest, item: ApprovalItem, **more: Any) -> dict[str, Any]:
    """One draft in full. ``more`` may say a conflict, what is wrong, or ask for the editor."""
    user: User = request.user  # type: ignore[assignment]
    card = item_card(item, user=user)
    said = {"rung": request.GET.get("rung", ""), **more}
    ladder = ladder_card(item, card.typed, said)
    if card.typed is not None and card.typed.offer_id:
        card = replace(card, typed=None)
    if ladder is not None:
        card = replace(card, recipient=ladder.recipient)
    editable = item.state in EDITABLE and card.revision is not None
    wanted = bool(more.pop("editing", False)) or card.typed is not None
    editing = editable and wanted and (ladder is None or (ladder.waits and not ladder.editing))
    return {
        "card": card,
        "item": item,
        "reading": reading_line(item, card.revision, user.languages, stated_in(card)),
        "left": seconds_until(item.due_at),
        "zone": item.location.zone,
        "pieces": pieces_of(card),
        "ladder": ladder,
        "skip_reasons": SKIP_REASONS,
        "often": often_of(request, item),
        "late": late_for_item(item, clock.now()),
        "outlook": outlook_of(item, card, ladder),
        "editable": editable,
        "editing": editing,
        "text": text_in_editor(card, {**more, "from": request.GET.get("words", "")}),
        "shown": meta_of(item, card.heading),
        "decidable": item.state in DECIDABLE,
        "settled": not item.is_open,
        "undo_seconds": undo_seconds(card),
        "reject_reasons": REASONS,
        "hold_reasons": policy.HOLD_REASONS,
        # In counter mode every link of an open card is a press that may show its page.
        "query": query_of(filters_of(request.GET), uncover="1" if covers(request) else ""),
        "home": reverse("queue") + query_of(filters_of(request.GET)),
        **more,
    }


def text_in_editor(card: ItemCard, more: Mapping[str, Any]) -> dict[str, Any]:
    """What the editor opens with: what was just refused, what was being typed, or the draft."""
    revision, typed = card.revision, card.typed or words_taken_over(card, more.get("from", ""))
    number = revision.number if revision else 0
    if "refused" in more:
        return {**more["refused"], "base": number, "caret": "", "restored": False}
    if typed is not None:
        return {
            "body": typed.body,
            "subject": typed.subject,
            "base": number,
            "caret": typed.caret,
            "restored": typed is card.typed,
            "older": typed.base_revision not in (0, number),
        }
    body = revision.body if revision else ""
    subject = revision.subject if revision else ""
    return {"body": body, "subject": subject, "base": number, "caret": "", "restored": False}


def words_taken_over(card: ItemCard, wanted: str) -> TypedText | None:
    """Half-written words of somebody who left, which this person chose to go on from."""
    return next((left for left in card.words_left if str(left.pk) == wanted), None)


def meta_of(item: ApprovalItem, heading: str) -> list[str]:
    """The line below the title, which says no hour and no name a second time."""
    zone, visit = item.location.zone, item.appointment
    said = []
    if visit is not None:
        hour = clock_words(visit.starts_at.astimezone(zone))
        said.append(visit.service_name)
        said.append(day_said(when(visit.starts_at, zone), hour, f" {heading} "))
        if visit.staff_name and visit.staff_name.split()[0] not in heading.split():
            said.append(_("with %(name)s") % {"name": visit.staff_name})
    if item.value:
        said.append(f"${item.value:.2f}".removesuffix(".00"))
    if item.tag not in said:
        said.append(item.tag)
    starts = visit.starts_at if visit is not None else None
    if item.due_at is not None and item.is_open and item.due_at != starts:
        said.append(f"{_(item.moment or 'of use until')} {when(item.due_at, zone)}")
    return [words for words in said if words]


def day_said(moment: str, hour: str, heading: str) -> str:
    """``Friday at 2:30 pm``; without the hour, and without a day, that the heading says."""
    if f" {hour} " not in heading:
        return moment
    day = moment.removesuffix(f" at {hour}")
    return "" if f" {day} " in heading else day


def often_of(request: HttpRequest, item: ApprovalItem) -> list[GivenUp]:
    """For the manager alone: the visits this client gave up, where that is often."""
    if item.client is None or not rights_in(request).is_manager(item.location_id):
        return []
    return cancellations_of(item.client, clock.now())


def outlook_of(item: ApprovalItem, card: ItemCard, ladder: LadderCard | None) -> Outlook | None:
    """What would happen on approval; None where there is nothing to approve."""
    if item.state not in DECIDABLE or card.revision is None:
        return None
    actions = actions_of(card.revision)
    label = actions[0].label if actions else _("Approve")
    button = ladder.button if ladder is not None else button_of(item, card, label)
    try:
        plan = plan_of(item, actions)
    except NotPossible as error:
        return Outlook(button, too_late=error.plain)
    if plan.by_hand:
        return Outlook(_("I will do it by hand"), by_hand=True)
    later = (plan.at - plan.held_until).total_seconds() > 60
    return Outlook(button, goes=goes_words(item, plan.at) if later else "")


def button_of(item: ApprovalItem, card: ItemCard, label: str) -> str:
    """The button names its target."""
    if card.revision is not None and card.revision.channel:
        return _("Send to %(name)s") % {"name": first_name(item.client)}
    return f"{label} for {first_name(item.client)}" if item.client else label


def goes_words(item: ApprovalItem, at: datetime) -> str:
    """Goes out tomorrow at 9 am, in the client's own time where we know it to be another."""
    zone, whose = item.location.zone, ""
    if item.client is not None and item.client.timezone:
        from integrations.hours import client_zone

        theirs, _why = client_zone(item.client, item.location)
        if at.astimezone(theirs).utcoffset() != at.astimezone(zone).utcoffset():
            zone, whose = theirs, " their time"
    return f"Goes out {when(at, zone)}{whose}. The facts are checked again then."


def stated_in(card: ItemCard) -> list[str]:
    """The facts in the text that the records bear out, as they stand there."""
    return [text for text, span in card.pieces if span is not None and span.verified]


def seconds_until(moment: datetime | None) -> int | None:
    """How long a decision is still of use: a press that waits for the line longer is dropped."""
    return None if moment is None else max(0, int((moment - clock.now()).total_seconds()))


def undo_seconds(card: ItemCard) -> int:
    if card.undo_until is None:
        return 0
    return max(0, int((card.undo_until - clock.now()).total_seconds()))


def pieces_of(card: ItemCard) -> list[Piece]:
    """The text cut at its facts and at every character that cannot be seen."""
    pieces: list[Piece] = []
    for text, span in card.pieces:
        if span is None:
            pieces += visible(text)
        elif span.verified:
            pieces.append(Piece(text, "ok", f"Checked against {span.source or 'the records'}"))
        else:
            pieces.append(Piece(text, "odd", f"This {span.why}. Please check it."))
    return pieces


def visible(text: str) -> list[Piece]:
    pieces, at = [], 0
    for hidden in hidden_characters(text):
        if hidden.index > at:
            pieces.append(Piece(text[at : hidden.index]))
        pieces.append(Piece(hidden.shown, "unprintable", f"A hidden character: {hidden.code}"))
        at = hidden.index + 1
    return [*pieces, Piece(text[at:])] if at < len(text) else pieces
