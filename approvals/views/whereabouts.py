"""Which salon, and by which clock: said beside an hour where a page shows several at once.

Hours are always the location's own, because that is where the client has to be. Beside the hours
of a salon in another zone they would be misread: 10:40 here and 10:40 there are two moments.
"""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from integrations.models import Location


def clocks_differ(places: Iterable[Location], at: datetime) -> bool:
    """Whether two of these salons' clocks show different hours at this moment."""
    return len({at.astimezone(place.zone).utcoffset() for place in places}) > 1


def clock_of(place: Location) -> str:
    """``New York time``, in the reader's language."""
    city = place.timezone.rpartition("/")[2].replace("_", " ")
    return _("%(city)s time") % {"city": city}


def places_said(places: Iterable[Location], at: datetime) -> dict[int, str]:
    """{location: what is added to an hour there}: nothing where one salon is shown, its name where
    there are several, and whose time it is where their clocks differ."""
    shown = list(places)
    if len(shown) < 2:
        return {}
    if not clocks_differ(shown, at):
        return {place.pk: place.name for place in shown}
    return {place.pk: f"{place.name}, {clock_of(place)}" for place in shown}
