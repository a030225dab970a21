"""The list as templates draw it: for each draft its tag, its tone and a mark of what is shown."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from approvals.ladders.slots import SUBJECT
from approvals.models import ApprovalItem
from approvals.policy import SHORT_TIME
from approvals.selectors import QueuePage, QueueRow
from approvals.templatetags.desk import how_long, when
from approvals.templatetags.shapes import spoken

State, Risk = ApprovalItem.State, ApprovalItem.LossRisk
TROUBLE = {
    State.FAILED: ("could not be sent", "urgent"),
    State.UNKNOWN: ("may have been sent", "urgent"),
    State.STALE: ("something changed", "watch"),
    State.MANUAL: ("to do by hand", "watch"),
    State.DRAFTING: ("being written", "plain"),
}


@dataclass(frozen=True)
class RowView:
    """One line of the list. ``mark`` changes exactly when what is drawn changes."""

    row: QueueRow
    tag: str
    tone: str
    peers: str
    text: str
    mark: str
    who: str = ""

    @property
    def item(self) -> ApprovalItem:
        return self.row.item

    @property
    def can_pick(self) -> bool:
        """May be sent together with others: one key would do, and every fact is verified."""
        item = self.item
        alone = item.state == State.PENDING and item.facts_ok and not self.row.too_late
        # A test is met by itself or not at all: it is in nobody's count of several.
        alone = alone and not item.seeded
        return alone and self.row.care == ApprovalItem.Care.ONE_KEY

    @property
    def seen(self) -> str:
        """What a person picks: this revision, resting on this evidence."""
        revision = self.item.revision
        return f"{self.item.pk}:{revision.pk}:{revision.evidence_sha256}" if revision else ""


@dataclass(frozen=True)
class GroupView:
    key: str
    label: str
    total: int
    rows: list[RowView]


def groups_of(page: QueuePage, snoozed: bool = False, cover: bool = False) -> list[GroupView]:
    """The headings with their lines. ``cover``: without what the draft says or is about."""
    return [
        GroupView(
            group.key,
            group.label,
            group.total,
            [row_view(row, snoozed, cover) for row in group.rows],
        )
        for group in page.groups
    ]


def row_view(row: QueueRow, snoozed: bool = False, cover: bool = False) -> RowView:
    item = row.item
    tag, tone = tag_of(row, snoozed, cover)
    peers = ", ".join(
        (_("%(name)s is editing") if one.editing else _("%(name)s is looking"))
        % {"name": one.name.split(" ")[0]}
        for one in row.present
    )
    text = item.preview or item.origin or item.title
    if item.state in {State.FAILED, State.STALE, State.UNKNOWN} and item.state_reason:
        text = spoken(item.state_reason)
    text = "" if cover else row.too_late or text
    who = covered_name(item) if cover else row.who
    shown = f"{item.pk}|{item.version}|{item.state}|{tag}|{tone}|{peers}|{text}|{who}"
    mark = hashlib.sha256(shown.encode()).hexdigest()[:12]
    return RowView(row, tag, tone, peers, text, mark, who)


def covered_name(item: ApprovalItem) -> str:
    """Whom a covered draft is for: a title may name a service."""
    return item.client.short_name if item.client else _("A free slot or a task")


def tag_of(row: QueueRow, snoozed: bool = False, cover: bool = False) -> tuple[str, str]:
    """What the tag says, and its tone: urgent, watch, plain or ''. Covered: nothing of its own."""
    item = row.item
    if snoozed and item.snoozed_until:
        back = when(item.snoozed_until, item.location.zone)
        return _("back %(when)s") % {"when": back}, "plain"
    if row.too_late:
        return _("too late to send"), "watch"
    if item.state == State.FAILED and item.subject.startswith(SUBJECT):
        return _("nobody took it"), "watch"
    if item.state in TROUBLE:
        words, tone = TROUBLE[State(item.state)]
        return _(words), tone
    if row.useful_for is not None and timedelta() < row.useful_for <= SHORT_TIME:
        return _("useful for %(span)s") % {"span": how_long(row.useful_for)}, "urgent"
    if cover:
        return "", ""
    tone = "watch" if item.loss_risk in {Risk.MEDIUM, Risk.HIGH} else ""
    return _(item.tag) if item.tag else "", tone


def mark_of(page: QueuePage, groups: list[GroupView]) -> str:
    """Changes when anything in the list or its counts does: an unchanged look answers 204."""
    shown = [row.mark for group in groups for row in group.rows]
    said = f"{page.total}|{page.snoozed}|{page.counts.by_group}|{page.counts.by_kind}|{shown}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]
