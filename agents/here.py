"""The place that is being drafted for, read once for everything that asks for it meanwhile.

An appointment is of a location, and a location of a connection: wide rows, joined anew by each of
the reads on the path of every draft. Whoever has just read the place says so for the time of one
event or one run, and nobody keeps it for longer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property

from agents.models import LocationRules
from integrations.models import Appointment, Location


@dataclass
class Here:
    """A location with its connection, as read at the beginning."""

    location: Location

    @cached_property
    def rules(self) -> LocationRules | None:
        return _rules(self.location.pk)


_here: ContextVar[Here | None] = ContextVar("here", default=None)


@contextmanager
def drafting_at(location: Location) -> Iterator[None]:
    """``location`` comes with its connection. What is read inside speaks of this moment."""
    token = _here.set(Here(location))
    try:
        yield
    finally:
        _here.reset(token)


def rules_of(location_id: int) -> LocationRules | None:
    """The rules of a location, None where it has none; once for a draft."""
    here = _here.get()
    if here is not None and here.location.pk == location_id:
        return here.rules
    return _rules(location_id)


def _rules(location_id: int) -> LocationRules | None:
    return LocationRules.objects.filter(location=location_id).first()


def appointment_of(pk: int) -> Appointment | None:
    """An appointment with all that an agent reads of it; without the place where that is known."""
    here = _here.get()
    rows = Appointment.objects.select_related("client", "service", "staff").filter(pk=pk)
    if here is None:
        rows = rows.select_related("location", "connection")
    found = rows.first()
    if found is None:
        return None
    if here is None:
        # The same account: whoever asks for it by way of the location asks for nothing more.
        found.location.connection = found.connection
    elif here.location.pk == found.location_id:
        found.location, found.connection = here.location, here.location.connection
    return found
