"""The ladder as the card draws it: who is asked, who is not and why, and what may be changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise, starmap
from typing import Any

from django.utils.translation import gettext as _

from approvals.ladders.reordering import REORDERABLE
from approvals.ladders.selectors import OpeningRow, Rung, offers_of, opening_row
from approvals.ladders.slots import SUBJECT
from approvals.models import ApprovalItem, Offer, Opening, TypedText
from approvals.segments import Segments, sms_segments
from approvals.templatetags.desk import first_name
from core import clock

SKIP_REASONS = (
    "Not this time",
    "Talked to them already",
    "Cannot come at that time",
    "Should be seen first",
)


@dataclass(frozen=True)
class RungView:
    """One rung with what may be done to it. ``editor``: the fields of its open editor;
    ``together``: asked at the same moment as the one above.
    """

    rung: Rung
    number: int
    up: bool = False
    down: bool = False
    can_change: bool = False
    editor: dict[str, Any] = field(default_factory=dict)
    together: bool = False

    @property
    def segments(self) -> Segments | None:
        body = self.rung.texts.get("offer", "")
        return sms_segments(body) if self.rung.offer.channel == "sms" and body else None


@dataclass(frozen=True)
class LadderCard:
    """``left_out``: rungs that are not asked; ``slot``: the opening as Today shows it.

    ``first``: who is asked next; ``together``: how many get theirs at once; ``written_to``: whose
    text stands on the card, which is somebody else once the first ones were asked.
    """

    rungs: list[RungView]
    left_out: list[Rung]
    slot: OpeningRow | None
    can_change: bool
    first: Rung | None
    together: int = 0
    written_to: Rung | None = None

    @property
    def order(self) -> str:
        return ",".join(str(view.rung.offer.pk) for view in self.rungs if view.can_change)

    @property
    def editing(self) -> bool:
        return any(view.editor for view in self.rungs)

    @property
    def waits(self) -> bool:
        """Somebody on it can still be asked."""
        return any(view.rung.waits for view in self.rungs)

    @property
    def recipient(self) -> str:
        """Whose text is on the card; without one who is asked next, else who was asked first."""
        shown = self.written_to or self.first or next((view.rung for view in self.rungs), None)
        return shown.offer.client.short_name if shown else ""

    @property
    def offering(self) -> bool:
        return self.slot is not None and self.slot.opening.state == Opening.State.OFFERING

    @property
    def minutes(self) -> str:
        """``10 min each, from sending``; '' where they differ."""
        said = {view.rung.offer.answer_minutes for view in self.rungs}
        return f"{said.pop()} min each, from sending" if len(said) == 1 else ""

    @property
    def button(self) -> str:
        """The button names its target."""
        if self.first is None:
            return _("Send")
        said = {"name": first_name(self.first.offer.client), "count": self.together - 1}
        if self.together > 1:
            return _("Send to %(name)s and %(count)s more") % said
        return _("Send to %(name)s") % said


def ladder_card(
    item: ApprovalItem, typed: TypedText | None, said: Mapping[str, Any]
) -> LadderCard | None:
    """None for every draft that holds no ladder.

    ``said``: ``rung``, the offer whose editor is wanted; ``refused``, words that were not taken.
    """
    if not item.subject.startswith(SUBJECT) or item.revision is None:
        return None
    rungs = offers_of(item)
    slot = opening_row(item.pk, clock.now())
    free = slot is not None and slot.opening.state == Opening.State.OPEN
    can_change = free and item.state in REORDERABLE
    listed = [rung for rung in rungs if rung.offer.state != Offer.State.SKIPPED]
    waiting = [rung for rung in listed if rung.waits]
    wanted = str(said.get("rung") or (typed.offer_id if typed and typed.offer_id else ""))
    views = [
        _view(rung, number, waiting, can_change, _editor(item, rung, wanted, typed, said))
        for number, rung in enumerate(listed, 1)
    ]
    views = [views[0], *starmap(_beside, pairwise(views))] if views else []
    first = waiting[0] if waiting else None
    return LadderCard(
        rungs=views,
        left_out=[rung for rung in rungs if rung.offer.state == Offer.State.SKIPPED],
        slot=slot,
        can_change=can_change,
        first=first,
        together=sum(1 for one in waiting if first and one.offer.wave == first.offer.wave),
        written_to=next(
            (one for one in listed if one.texts.get("offer") == item.revision.body), None
        ),
    )


def _view(
    rung: Rung, number: int, waiting: list[Rung], can_change: bool, editor: dict[str, Any]
) -> RungView:
    if not can_change or not rung.waits:
        return RungView(rung, number)
    last = rung is waiting[-1]
    return RungView(rung, number, rung is not waiting[0], not last, True, editor)


def _beside(above: RungView, view: RungView) -> RungView:
    """Whoever reads the list sees who gets the text together with whom."""
    both = above.rung.waits and view.rung.waits
    return replace(view, together=both and above.rung.offer.wave == view.rung.offer.wave)


def _editor(
    item: ApprovalItem,
    rung: Rung,
    wanted: str,
    typed: TypedText | None,
    said: Mapping[str, Any],
) -> dict[str, Any]:
    """What the editor of this rung opens with; empty while it is closed."""
    if wanted != str(rung.offer.pk) or item.revision is None:
        return {}
    opens = {
        "body": rung.texts.get("offer", ""),
        "subject": rung.subject,
        "base": item.revision.number,
        "caret": "",
        "restored": False,
    }
    if "refused" in said:
        return {**opens, **said["refused"]}
    if typed is not None and typed.offer_id == rung.offer.pk:
        older = typed.base_revision not in (0, item.revision.number)
        kept = {"body": typed.body, "subject": typed.subject or opens["subject"]}
        return {**opens, **kept, "caret": typed.caret, "restored": True, "older": older}
    return opens
