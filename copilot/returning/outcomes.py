"""What came of writing to a client, in a line for their record at the platform."""

from datetime import datetime

from agents.models import Outreach
from agents.registry import agents
from integrations.models import Location

# The client's field at the platform that holds the line; merged beside what others wrote.
FIELD = "ai_outreach"


def outcomes_due(place: Location) -> dict[int, Outreach]:
    """{client: their newest writing that came to something the record does not say yet}."""
    rows = Outreach.objects.filter(location=place, asked_at__isnull=False)
    rows = rows.select_related("location")
    newest = {one.client_id: one for one in rows.order_by("asked_at", "pk")}
    return {client: one for client, one in newest.items() if one.told != words_of(one)}


def words_of(one: Outreach) -> str:
    """``Win back, 2026-06-03: booked 2026-06-10, came 2026-06-19, spent 120.00``; '' while nothing
    is known of it. Days by the salon's clock."""
    known = {"answered": one.answered_at, "booked": one.booked_at, "came": one.came_at}
    said = [f"{what} {_day(one, at)}" for what, at in known.items() if at is not None]
    if one.spent:
        said.append(f"spent {one.spent:.2f}")
    if one.joined_at is not None and one.joined_at >= one.watched_until and not said:
        said = ["no visit within eight weeks"]
    if not said:
        return ""
    label = agents.get(one.agent).label if one.agent in agents else one.agent
    return f"{label}, {_day(one, one.asked_at or one.drawn_at)}: {', '.join(said)}"


def _day(one: Outreach, at: datetime) -> str:
    return f"{at.astimezone(one.location.zone):%Y-%m-%d}"
