"""What an agent has earned at a location, and a manager's yes or end to it.

The record is read from decisions, one query each for presses and for every kind of regret, for all
agents of a location at once. Rules are in ``approvals/autonomy/policy.py``.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from agents.answering import COMPLAINT
from agents.base import Agent
from agents.config import Effective, configs_for
from agents.fixed import template_version
from agents.learning.rules import rules_at
from agents.registry import agents
from approvals.autonomy.policy import LASTS, REGRET_WITHIN, Press, Standing, standing_of
from approvals.models import Decision, Mishap, Revision, StandingGrant
from approvals.services.standing import REGRETTED, trust_of
from core import clock
from core.models import AuditEvent
from integrations.models import Consent, Feedback, Location, Message

Kind = Decision.Kind
LOOK_BACK = timedelta(days=180)
# More than any wanted streak; older presses cannot change the answer.
MOST_PRESSES = 4000
UNHAPPY = 2
# What a press says about a draft; putting it off says nothing.
TELLING = (
    Kind.APPROVE, Kind.EDIT, Kind.REGENERATE, Kind.REJECT, Kind.HANDLED, Kind.UNDO,
)  # fmt: skip
SAID = ("item_id", "item__agent", "item__client_id", "kind", "scope", "reason", "at")
FLAGGED = "item.flagged"
UNDONE, FLAG, COMPLAINED = "it was taken back", "it was flagged", "the client complained"
OPTED_OUT, WENT_WRONG = "the client opted out", "something went wrong"


@dataclass(frozen=True)
class Record:
    """One agent at one location: what holds, what was earned, and the decision in force, if any.

    ``version`` is the template all of it is about.
    """

    agent: type[Agent]
    location: Location
    config: Effective
    version: str
    standing: Standing
    grant: StandingGrant | None = None
    # What followed a draft that went alone and ended the last decision by itself, and when.
    regret: str = ""
    regret_at: datetime | None = None

    @property
    def proposed(self) -> bool:
        """Earned, not in force, and drafts are at least reviewed here now."""
        return self.grant is None and self.config.enabled and self.standing.earned


def can_earn(agent: type[Agent]) -> bool:
    """An agent that writes one message of fixed words; an answer or a ladder never goes alone."""
    return agent.one_message and not agent.writes_answers


def records_of(location: Location) -> list[Record]:
    """Every agent that could earn it here, in eleven queries however long the history."""
    names = [agent.name for agent in agents if can_earn(agent)]
    configs = configs_for(location, names)
    rules = rules_at(location.pk)
    versions = {
        name: template_version(held.agent, held.settings, rules.get(name, ()))
        for name, held in configs.items()
    }
    grants = _grants(location, names)
    presses = presses_of(location.pk, versions)
    wanted = trust_of(location).earn_after
    ended = _ended(location, names)
    regretted = _regretted(location)
    return [
        Record(
            agent=held.agent,
            location=location,
            config=held,
            version=versions[name],
            standing=standing_of(
                presses.get(name, ()), wanted=wanted, since=ended.get((name, versions[name]))
            ),
            grant=grants.get((name, versions[name])),
            **regretted.get(name, {}),
        )
        for name, held in configs.items()
    ]


def _grants(location: Location, names: Iterable[str]) -> dict[tuple[str, str], StandingGrant]:
    rows = StandingGrant.objects.filter(
        location=location,
        agent__in=list(names),
        earned=True,
        revoked_at=None,
        expires_at__gt=clock.now(),
    )
    return {(row.agent, row.template_version): row for row in rows.order_by("pk")}


def _ended(location: Location, names: Iterable[str]) -> dict[tuple[str, str], datetime]:
    """When a decision about a template was last revoked: trust is earned anew from there."""
    rows = StandingGrant.objects.filter(
        location=location, agent__in=list(names), earned=True, revoked_at__isnull=False
    ).values_list("agent", "template_version")
    return {(name, version): at for name, version, at in rows.annotate(at=Max("revoked_at"))}


def _regretted(location: Location) -> dict[str, dict[str, Any]]:
    """The last decisions here that ended by themselves, by agent, from the audit."""
    rows = AuditEvent.objects.filter(
        connection=str(location.connection_id),
        location=str(location.pk),
        action=REGRETTED,
        at__gte=clock.now() - LASTS,
    ).order_by("pk")
    return {
        facts["agent"]: {"regret": facts["regret"], "regret_at": at}
        for facts, at in rows.values_list("facts", "at")
    }


@dataclass
class _Gathered:
    """The decisions on one draft, as they came."""

    agent: str
    client_id: int | None
    at: datetime
    approved: bool = False
    edited: bool = False
    rejected: str = ""
    undone: bool = False
    alone: bool = False


def presses_of(location_id: int, versions: dict[str, str]) -> dict[str, list[Press]]:
    """What people did with drafts of these templates, oldest first, and what followed."""
    drafts = _gathered(location_id, versions)
    regrets = _regrets(drafts)
    found: dict[str, list[Press]] = {}
    for item_id, one in drafts.items():
        if not (one.approved or one.edited or one.rejected or one.undone):
            continue
        regret = regrets.get(item_id, "")
        press = Press(item_id, one.at, one.edited, one.rejected, regret, one.alone)
        found.setdefault(one.agent, []).append(press)
    return found


def regret_of(grant: StandingGrant) -> str:
    """What followed a draft that this decision let go alone, in words, or '' where nothing did.

    Looks at the drafts whose regrets may still come: those of the last days. The newest first.
    """
    since = clock.now() - REGRET_WITHIN - timedelta(days=1)
    alone = Decision.objects.filter(standing=grant, at__gte=since).values("item_id")
    said = Decision.objects.filter(item_id__in=alone, kind__in=TELLING)
    drafts = _drafts(said.order_by("id").values_list(*SAID))
    regrets = _regrets(drafts)
    return regrets[max(regrets)] if regrets else ""


def _gathered(location_id: int, versions: dict[str, str]) -> dict[int, _Gathered]:
    said = (
        Decision.objects.filter(
            item__location_id=location_id,
            item__seeded=False,
            item__revisions__number=1,
            item__revisions__writer=Revision.Writer.TEMPLATE,
            item__revisions__template_version__in=list(versions.values()),
            kind__in=TELLING,
            at__gte=clock.now() - LOOK_BACK,
        )
        .order_by("-id")
        .values_list(*SAID)
    )
    return _drafts(reversed(said[:MOST_PRESSES]))


def _drafts(said: Iterable[tuple[Any, ...]]) -> dict[int, _Gathered]:
    """The decisions of each draft put together; ``said`` are rows of SAID, oldest first."""
    drafts: dict[int, _Gathered] = {}
    for item_id, agent, client_id, kind, scope, reason, at in said:
        one = drafts.setdefault(item_id, _Gathered(agent, client_id, at))
        one.at = at
        one.approved |= kind == Kind.APPROVE
        one.alone |= scope == Decision.Scope.STANDING
        # Who asks for another draft was not content with this one.
        one.edited |= kind in (Kind.EDIT, Kind.REGENERATE)
        one.undone |= kind == Kind.UNDO
        if kind in (Kind.REJECT, Kind.HANDLED):
            one.rejected = reason or "handled"
    return drafts


def _regrets(drafts: dict[int, _Gathered]) -> dict[int, str]:
    """{draft: what followed its approval}; of several the gravest."""
    approved = {pk: one for pk, one in drafts.items() if one.approved}
    clients = {one.client_id for one in approved.values() if one.client_id is not None}
    since = min((one.at for one in approved.values()), default=clock.now())
    flagged = _flagged(approved)
    after = (
        (WENT_WRONG, _mishaps(clients, since)),
        (COMPLAINED, _complaints(clients, since)),
        (OPTED_OUT, _opt_outs(clients, since)),
    )
    found = {}
    for pk, one in approved.items():
        words = [said for said, moments in after if _followed(one, moments)]
        words += [FLAG] if pk in flagged else []
        words += [UNDONE] if one.undone else []
        if words:
            found[pk] = words[0]
    return found


Moments = dict[int, list[datetime]]


def _followed(draft: _Gathered, moments: Moments) -> bool:
    known = moments.get(draft.client_id or 0, ())
    return any(draft.at <= at <= draft.at + REGRET_WITHIN for at in known)


def _moments(rows: Iterable[tuple[int, datetime]]) -> Moments:
    found: Moments = {}
    for client_id, at in rows:
        found.setdefault(client_id, []).append(at)
    return found


def _flagged(items: Collection[int]) -> set[int]:
    """Drafts that somebody flagged, from the audit: what was said of them is not needed here."""
    subjects = [f"item:{pk}" for pk in items]
    rows = AuditEvent.objects.filter(subject__in=subjects, action=FLAGGED)
    return {int(said.partition(":")[2]) for said in rows.values_list("subject", flat=True)}


def _mishaps(clients: Collection[int], since: datetime) -> Moments:
    rows = Mishap.objects.filter(client_id__in=clients, at__gte=since)
    return _moments(rows.values_list("client_id", "at"))


def _opt_outs(clients: Collection[int], since: datetime) -> Moments:
    rows = Consent.objects.filter(client_id__in=clients, granted=False, at__gte=since)
    said = rows.values_list("client_id", "at")
    return _moments((client_id, at) for client_id, at in said if at is not None)


def _complaints(clients: Collection[int], since: datetime) -> Moments:
    """A poor rating, or words of a complaint in what they wrote."""
    rated = Feedback.objects.filter(
        client_id__in=clients, rating__lte=UNHAPPY, given_at__gte=since
    ).values_list("client_id", "given_at")
    wrote = Message.objects.filter(client_id__in=clients, incoming=True, sent_at__gte=since)
    said = wrote.values_list("client_id", "sent_at", "body")
    complained = [(client, at) for client, at, body in said if client and COMPLAINT.search(body)]
    return _moments([*((client, at) for client, at in rated if client), *complained])
