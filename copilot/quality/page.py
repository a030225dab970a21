"""The quality page put together: one object per agent, one chart, what was earned and what is
tested. Eleven statements for all locations; a single location adds what was earned there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext

from agents.earning import Record, records_of
from agents.registry import agents
from approvals.attention.trend import TeamTrend, team_trend
from approvals.models import LocationTrust, ObservedDraft
from approvals.permissions import rights_of
from approvals.policy import REJECT_REASONS
from approvals.services.standing import trust_of
from copilot.quality import reading, words
from copilot.quality.charts import Bar, Chart, stacked
from copilot.quality.reading import (
    LEAST_TIMED,
    Arm,
    Asked,
    Tally,
    Watched,
    Week,
    team_pace,
)
from copilot.quality.stats import (
    Interval,
    difference_or_none,
    mean_difference_or_none,
    share_or_none,
)
from core import clock
from integrations.models import Location, User

PERIODS = (7, 30, 90)
USUAL = 30
PARTS = (
    ("unedited", "sent unedited"),
    ("edited", "edited"),
    ("rejected", "rejected"),
    ("alone", "approved beforehand"),
)


@dataclass(frozen=True)
class Line:
    """One prompt and model of an agent, or all of an agent together."""

    version: Tally
    unedited: Interval | None

    @property
    def share(self) -> str:
        decided = self.version.decided
        return words.percent(self.version.unedited / decided) if decided else ""

    @property
    def between(self) -> str:
        return words.between(self.unedited) if self.unedited else ""

    @property
    def pace(self) -> str:
        version = self.version
        return team_pace(version.seconds, version.timed, version.people)

    @property
    def not_found(self) -> str:
        checked = self.version.checked
        return words.percent(self.version.not_found / checked) if checked else ""

    @property
    def ready(self) -> str:
        ms = self.version.latency_ms
        return words.seconds(ms / 1000) if ms is not None else ""

    @property
    def cost_each(self) -> Decimal:
        return self.version.cost / self.version.drafts if self.version.drafts else Decimal(0)


@dataclass(frozen=True)
class Compared:
    """The model's text against the standard text, for one agent."""

    model: Arm
    standard: Arm
    came: words.Verdict
    rebooked: words.Verdict
    ticket: words.Verdict


@dataclass(frozen=True)
class AgentQuality:
    """Everything about one agent in the period."""

    agent: Any
    total: Line
    lines: list[Line]
    reasons: list[tuple[str, int]]
    drift: words.Verdict
    compared: Compared | None


@dataclass(frozen=True)
class QualityPage:
    """``place`` None: all of the person's locations, and nothing that belongs to one alone."""

    days: int
    agents: list[AgentQuality]
    chart: Chart | None
    weeks: list[Week]
    own: str
    pace_hidden: bool
    watched: list[tuple[Any, Watched]]
    lately: list[ObservedDraft]
    records: list[Record]
    trust: LocationTrust | None
    trend: TeamTrend | None

    @property
    def empty(self) -> bool:
        return not self.agents

    @property
    def proposals(self) -> list[Record]:
        return [one for one in self.records if one.proposed]

    @property
    def in_force(self) -> list[Record]:
        return [one for one in self.records if one.grant is not None]

    @property
    def on_the_way(self) -> list[Record]:
        return [one for one in self.records if one.config.enabled and not one.proposed
                and one.grant is None]  # fmt: skip


def quality_page(
    *, user: User, places: Sequence[Location], place: Location | None, days: int
) -> QualityPage:
    """The page of these locations; ``place`` one of them, or None for all."""
    asked = _asked(user, [place] if place else places, days)
    versions, weeks = reading.versions_of(asked), reading.weeks_of(asked)
    reasons, arms = reading.reasons_of(asked), reading.arms_of(asked)
    names = sorted({one.agent for one in versions if one.recent})
    watched = reading.watched_of(asked)
    return QualityPage(
        days=days,
        agents=[_agent(name, days, versions, reasons, arms) for name in names],
        chart=_chart(weeks),
        weeks=weeks,
        own=_own(weeks),
        pace_hidden=not any(week.pace for week in weeks),
        watched=[(agents.get(one.agent), one) for one in watched if one.agent in agents],
        lately=reading.compared_lately(asked, rights_of(user)) if watched else [],
        records=records_of(place) if place else [],
        trust=trust_of(place) if place else None,
        trend=team_trend(place) if place else None,
    )


def _asked(user: User, places: Sequence[Location], days: int) -> Asked:
    until: datetime = clock.now()
    since = until - timedelta(days=days)
    return Asked(
        places=[place.pk for place in places],
        agents=agents.names(),
        since=since,
        until=until,
        before=since - timedelta(days=days),
        zone=places[0].timezone if places else "UTC",
        user_id=user.pk,
    )


def _agent(
    name: str,
    days: int,
    versions: Sequence[Tally],
    reasons: Sequence[tuple[str, str, int]],
    arms: Sequence[Arm],
) -> AgentQuality:
    recent = [one for one in versions if one.agent == name and one.recent]
    total = added(recent)
    before = added([one for one in versions if one.agent == name and not one.recent])
    counts = (total.unedited, total.decided, before.unedited, before.decided)
    return AgentQuality(
        agent=agents.get(name),
        total=_line(total),
        lines=[_line(one) for one in recent],
        reasons=[(REJECT_REASONS.get(key, key), n) for agent, key, n in reasons if agent == name],
        drift=words.drift(difference_or_none(*counts), days, total.decided, before.decided),
        compared=_compared([one for one in arms if one.agent == name]),
    )


def _line(version: Tally) -> Line:
    return Line(version, share_or_none(version.unedited, version.decided))


def added(versions: Sequence[Tally]) -> Tally:
    """Several versions as one. Medians cannot be added: the one of the most drafts stands for all,
    and the slowest latency."""
    if not versions:
        return Tally("", True, None, "", "", *(0,) * 5, 0, 0, None, 0, 0, Decimal(0), None, 0)
    largest = max(versions, key=lambda one: one.timed)
    latencies = [one.latency_ms for one in versions if one.latency_ms is not None]
    sums = {
        name: sum(getattr(one, name) for one in versions)
        for name in ("drafts", "unedited", "edited", "rejected", "alone", "timed", "checked",
                     "not_found", "cost", "fallbacks")
    }  # fmt: skip
    return replace(largest, prompt=None, model="", latency_ms=max(latencies, default=None), **sums)


def _compared(arms: Sequence[Arm]) -> Compared | None:
    standard = next((one for one in arms if one.holdout), None)
    model = next((one for one in arms if not one.holdout), None)
    if standard is None or model is None:
        return None
    held, kept = model.came + model.missed, standard.came + standard.missed
    came = difference_or_none(model.came, held, standard.came, kept)
    again = difference_or_none(model.rebooked, model.ripe, standard.rebooked, standard.ripe)
    paid = mean_difference_or_none(model.ticket, standard.ticket)
    return Compared(
        model=model,
        standard=standard,
        came=words.share_verdict(came, held, kept),
        rebooked=words.share_verdict(again, model.ripe, standard.ripe),
        ticket=words.money_verdict(paid, model.ticket.n, standard.ticket.n),
    )


def _chart(weeks: Sequence[Week]) -> Chart | None:
    return stacked(
        [
            Bar(
                date_format(week.week, "M j"),
                [(kind, gettext(label), getattr(week, kind)) for kind, label in PARTS],
            )
            for week in weeks
        ]
    )


def _own(weeks: Sequence[Week]) -> str:
    """The person's own speed, the latest week that has enough; shown to themselves alone."""
    own = [week for week in weeks if week.own is not None and week.own_timed >= LEAST_TIMED]
    return words.seconds(own[-1].own) if own else ""
