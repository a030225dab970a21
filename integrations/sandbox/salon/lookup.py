"""Finding records, and saying in the dialect's words that there are none."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from integrations.sandbox import clock
from integrations.sandbox.errors import Refused
from integrations.sandbox.store import Record, store

_LETTERS = "MTWTFSS"


def need(kind: str, ident: object, *, status: int = 404) -> Record:
    """The record, also a deleted one; Refused when there is none of that kind."""
    found = store().find(str(ident), kind) if ident else None
    if found is None:
        code = "not_found" if status == 404 else f"unknown_{kind}"
        raise Refused(status, code, f"There is no {kind.replace('_', ' ')} {ident!r}.")
    return found


def living(kind: str, ident: object) -> Record:
    """For a reference inside a body: it must exist and not be deleted (422)."""
    found = need(kind, ident, status=422)
    if found.get("deletedAt"):
        raise Refused(422, f"unknown_{kind}", f"{kind.capitalize()} {ident} was deleted.")
    return found


def zone(location_id: str) -> ZoneInfo:
    place = store().find(location_id, "location")
    return ZoneInfo(place["timezone"]) if place else ZoneInfo("UTC")


def first_zone() -> str:
    return store().select("location", order="id", limit=1)[0]["timezone"]


def home_zone(client: Record | None) -> str:
    """Where a client's times are told: at the location they usually come to."""
    place = store().find((client or {}).get("_home"), "location")
    return place["timezone"] if place else first_zone()


def local(moment: str, location_id: str) -> datetime:
    return clock.parse(moment).astimezone(zone(location_id))


def today(location_id: str) -> date:
    return clock.now().astimezone(zone(location_id)).date()


def day_bounds(day: date, location_id: str) -> tuple[str, str]:
    """The UTC edges of a local day, as the dialect writes times."""
    here = zone(location_id)
    start = datetime.combine(day, time(), here)
    end = datetime.combine(date.fromordinal(day.toordinal() + 1), time(), here)
    return clock.seconds(start), clock.seconds(end)


def day_letters(days: set[int]) -> str:
    """Week days by position, Monday first: {0, 1, 2, 3, 4} is "MTWTF", {1, 3} is "-T-T"."""
    return "".join(_LETTERS[n] if n in days else "-" for n in range(7)).rstrip("-")


def name(record: Record | None) -> str:
    if record is None:
        return "Unknown"
    return f"{record.get('firstName', '')} {record.get('lastName', '')}".strip() or record["id"]


def shown(record: Record) -> Record:
    """Without the keys that are only ours (they start with an underscore)."""
    return {key: value for key, value in record.items() if not key.startswith("_")}
