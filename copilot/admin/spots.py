"""Where a person may set up agents: a whole connection, or single locations of it."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest

from copilot.admin.base import tuned_locations
from integrations.models import Connection, Location


@dataclass(frozen=True)
class Spot:
    """One location, or (``location`` None) everything of a connection that says nothing else."""

    connection: Connection
    location: Location | None
    places: tuple[Location, ...]

    @property
    def key(self) -> str:
        """As in the address: the location's number, or the connection's id."""
        return str(self.location.pk) if self.location else str(self.connection.pk)

    @property
    def label(self) -> str:
        if self.location is not None:
            return self.location.name
        return f"All of {self.connection.name}"


def spots_of(request: HttpRequest) -> list[Spot]:
    """Own locations by name. A connection as a whole is for who tunes every location of it."""
    own = tuned_locations(request)
    rows = Location.objects.select_related("connection").filter(deleted_at=None)
    every = sorted(rows, key=lambda place: (str(place.connection_id), place.name, place.pk))
    found: list[Spot] = []
    for _, grouped in groupby(every, key=lambda place: place.connection_id):
        places = list(grouped)
        mine = [place for place in places if own is None or place.pk in own]
        if mine and len(mine) == len(places) and len(places) > 1:
            found.append(Spot(places[0].connection, None, tuple(places)))
        found += [Spot(place.connection, place, (place,)) for place in mine]
    return found


def spot_chosen(request: HttpRequest, spots: list[Spot], said: str = "") -> Spot:
    """The one the address names, else the first. A place that is not one's own is a 404."""
    wanted = said or str(request.GET.get("at", ""))
    found = next((spot for spot in spots if spot.key == wanted), None)
    if found is None and (wanted or not spots):
        raise Http404("There is no such location.")
    return found or spots[0]


def place_chosen(spots: list[Spot], pk: Any) -> Spot:
    """A single location of one's own."""
    found = next((spot for spot in spots if spot.location and spot.location.pk == pk), None)
    if found is None:
        raise Http404("There is no such location.")
    return found
