"""The frame around every page: where one can go, who is signed in, which theme."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, gettext

from approvals.brakes import Paused, may_brake, pauses_of
from approvals.counter_mode import covers
from approvals.models import PushDevice
from approvals.permissions import Rights, rights_of
from approvals.selectors import counts
from approvals.selectors.calling import call_count
from approvals.selectors.threads import unanswered_count
from approvals.views.context import REVIEW
from copilot.places import Group, groups_for
from copilot.scripts import BUNDLES, script_url
from integrations.models import Connection, Location, Station

THEMES = ("light", "dark")


class Shell:
    """Read by templates. Every part asks the database once, and only when a template shows it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.demo = settings.DEMO

    @cached_property
    def user(self) -> Any:
        return getattr(self.request, "user", None)

    @property
    def signed_in(self) -> bool:
        return bool(self.user and self.user.is_authenticated)

    @property
    def preferences(self) -> dict[str, Any]:
        return self.user.preferences if self.signed_in else {}

    @property
    def theme(self) -> str:
        theme = self.preferences.get("theme", "")
        return theme if theme in THEMES else ""

    @property
    def keys(self) -> str:
        return "off" if self.preferences.get("keys") == "off" else "on"

    @property
    def sounds(self) -> str:
        return "off" if self.preferences.get("sounds") == "off" else "on"

    @property
    def scripts(self) -> dict[str, str]:
        """Where the scripts of a page are, each kind of page in one file, with the words they say
        in the reader's language."""
        return {name: script_url(name, get_language() or "en") for name in BUNDLES}

    @property
    def station(self) -> Station | None:
        """The shared device this browser is, if it is one."""
        found: Station | None = getattr(self.request, "station", None)
        return found

    @property
    def counter(self) -> bool:
        """Whether this screen faces clients: details stay covered until somebody looks."""
        return self.signed_in and covers(self.request)

    @cached_property
    def spot(self) -> str:
        """Where on the page somebody left off, as JSON; said once, on the page they come back to.

        Nothing is read from the session of a browser that never parked: it would cost a query.
        """
        return str(self.request.session.pop("spot", ""))

    @cached_property
    def said(self) -> str:
        """What a screen reader says when the page is there."""
        return str(self.request.session.pop("say", ""))

    @cached_property
    def rights(self) -> Rights:
        found = getattr(self.request, "rights", None)
        return found if found is not None else rights_of(self.user)

    @cached_property
    def locations(self) -> list[Location]:
        """The person's locations by name, with their connections: one query for all of it."""
        known: list[Location] | None = getattr(self.request, "places_known", None)
        if known is not None:
            return known
        found = Location.objects.filter(pk__in=self.rights.locations)
        return list(found.select_related("connection").order_by("name"))

    @property
    def where(self) -> str:
        if not self.locations:
            return gettext("No location yet")
        if len(self.locations) == 1:
            return self.locations[0].name
        return gettext("%(count)s locations") % {"count": len(self.locations)}

    @property
    def waiting(self) -> int:
        """How many drafts wait, for the number beside Queue."""
        return counts(rights=self.rights).total

    @property
    def unanswered(self) -> int:
        """How many conversations wait for an answer, for the number beside Conversations."""
        return unanswered_count(self.rights)

    @property
    def reviews(self) -> bool:
        """Whether this person decides on drafts anywhere: then pages say how many wait."""
        return self.signed_in and self.rights.any(*REVIEW)

    @property
    def devices(self) -> list[PushDevice]:
        """The browsers on which this person is told."""
        return list(PushDevice.objects.filter(user=self.user).order_by("-pk"))

    @property
    def to_call(self) -> int:
        """How many clients are to be called, for the number beside To call."""
        return call_count(self.rights, self.locations)

    @property
    def groups(self) -> list[Group]:
        """Where this person can go."""
        return groups_for(self.request, self.rights, bool(self.user.is_staff))

    @property
    def troubles(self) -> list[Connection]:
        """Connections that need somebody: their work waits, and the desk should know why."""
        bad = {
            location.connection.pk: location.connection
            for location in self.locations
            if location.connection.status == Connection.Status.NEEDS_ATTENTION
        }
        return list(bad.values())

    @cached_property
    def paused(self) -> list[Paused]:
        """Where nothing leaves now: who pressed, when and why, on every page of everybody there."""
        return pauses_of(self.locations, self.rights)

    @property
    def can_pause(self) -> list[Location]:
        return [
            place
            for place in self.locations
            if place.sending_paused_at is None and may_brake(self.rights, place.pk)
        ]
