"""Pure rules of earned autonomy: which draft still goes to a person, and when trust is earned."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from approvals.models import ApprovalItem, Revision

SAMPLE_PERCENT = 5
LASTS = timedelta(days=30)
# A regret this long after the approval is still one of it.
REGRET_WITHIN = timedelta(days=7)
# Closed by the desk for a reason that says nothing about the text.
NO_FAULT = frozenset({"handled"})


@dataclass(frozen=True)
class Case:
    """One draft as it stands when it is to be decided, in plain values.

    ``visits_before``: visits that certainly took place; ``written_before``: whether a message
    certainly went to this client; ``sensitive``: in words, what makes it so, or ''.
    ``most_value`` None: no limit was given, so nothing passes.
    """

    item_id: int
    stage: str
    seeded: bool
    care: str
    facts_ok: bool
    writer: str
    value: Decimal | None
    most_value: Decimal | None
    written_before: bool
    visits_before: int
    sensitive: str
    sample_percent: int


def why_a_person(case: Case) -> str:
    """Why this draft waits for a person although its template was approved beforehand, or ''.

    Every rule is asked at the moment of deciding and none is remembered from drafting.
    """
    rules = (
        (case.seeded, "it is a test"),
        (case.stage != ApprovalItem.Stage.AUTO, "the agent may not act by itself here"),
        (case.writer != Revision.Writer.TEMPLATE, "the text is not the fixed template"),
        (not case.facts_ok, "a fact could not be verified"),
        (bool(case.sensitive), f"it is sensitive: {case.sensitive}"),
        (case.care != ApprovalItem.Care.ONE_KEY, "it needs to be read"),
        (not case.written_before, "it is the first message to this client"),
        (case.visits_before < 1, "the client is new"),
        (_too_much(case), "the visit is worth more than the limit"),
        (sampled(case.item_id, case.sample_percent), "it was drawn for a person to read"),
    )
    return next((why for applies, why in rules if applies), "")


def _too_much(case: Case) -> bool:
    return case.most_value is None or (case.value or Decimal(0)) > case.most_value


def sampled(item_id: int, percent: int) -> bool:
    """Whether a draft is one of the share that a person reads all the same.

    By its number alone, so that anybody can check afterwards that nobody chose.
    """
    drawn = int(hashlib.sha256(f"sample:{item_id}".encode()).hexdigest(), 16) % 100
    return drawn < percent


@dataclass(frozen=True)
class Press:
    """What was done with one draft of the template: ``regret`` names what followed, or ''.

    ``alone``: no person pressed, a standing decision let it go. It earns nothing, and a regret of
    it counts like any other.
    """

    item_id: int
    at: datetime
    edited: bool = False
    rejected: str = ""
    regret: str = ""
    alone: bool = False

    @property
    def clean(self) -> bool:
        return not (self.edited or self.regret or self.rejected)

    @property
    def says_nothing(self) -> bool:
        return (self.alone and self.clean) or (self.rejected in NO_FAULT and not self.edited)


@dataclass(frozen=True)
class Standing:
    """How far an agent's template has come at a location.

    ``streak`` of ``wanted`` approvals in a row, the newest last; ``ended_by`` is what ended the
    one before it, in words, at ``ended_at``.
    """

    streak: int
    wanted: int
    ended_by: str = ""
    ended_at: datetime | None = None
    regrets: dict[str, int] = field(default_factory=dict)
    asked: int = 0

    @property
    def earned(self) -> bool:
        return self.streak >= self.wanted

    @property
    def missing(self) -> int:
        return max(0, self.wanted - self.streak)


def standing_of(
    presses: Iterable[Press], *, wanted: int, since: datetime | None = None
) -> Standing:
    """The streak as it stands. ``since``: a decision ended then, and counting starts anew."""
    counted = [one for one in presses if since is None or one.at > since]
    ordered = sorted(counted, key=lambda one: (one.at, one.item_id))
    streak, ended = 0, None
    for one in ordered:
        if one.says_nothing:
            continue
        if one.clean:
            streak += 1
        else:
            streak, ended = 0, one
    return Standing(
        streak=streak,
        wanted=wanted,
        ended_by=_words(ended) if ended else "",
        ended_at=ended.at if ended else None,
        regrets=_counted(ordered),
        asked=sum(1 for one in ordered if not one.says_nothing),
    )


def _words(press: Press) -> str:
    if press.regret:
        return press.regret
    return "a draft was rejected" if press.rejected else "a draft was edited"


def _counted(presses: Sequence[Press]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in presses:
        if one.regret:
            found[one.regret] = found.get(one.regret, 0) + 1
    return found
