"""How fast people decide: a person's own shown to nobody else, the team's as a trend."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from agents.registry import agents
from copilot.quality import words
from copilot.quality.reading import LEAST_TIMED, Asked, weeks_of
from core import clock
from integrations.models import Location, User

LOOK_BACK = timedelta(days=21)


@dataclass(frozen=True)
class Pace:
    """Medians in words. ``own`` '': too few presses of theirs; ``team`` '': it would be made of
    fewer than three people, and so be somebody's. ``before``: the team's, a week earlier."""

    own: str = ""
    team: str = ""
    before: str = ""


def pace_of(user: User, places: Sequence[Location]) -> Pace:
    """Of the latest week that has enough; one statement."""
    if not places:
        return Pace()
    now = clock.now()
    asked = Asked(
        places=[place.pk for place in places],
        agents=agents.names(),
        since=now - LOOK_BACK,
        until=now,
        before=now - LOOK_BACK,
        zone=places[0].timezone,
        user_id=user.pk,
    )
    weeks = weeks_of(asked)
    own = [week.own for week in weeks if week.own is not None and week.own_timed >= LEAST_TIMED]
    team = [week.pace for week in weeks if week.pace]
    return Pace(
        own=words.seconds(own[-1]) if own else "",
        team=team[-1] if team else "",
        before=team[-2] if len(team) > 1 else "",
    )
