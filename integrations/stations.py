"""Stations: making a browser a shared device of a location, who may take it over, and its end."""

import hashlib
import secrets

from django.db import transaction
from django.db.models import QuerySet

from core import clock
from core.audit import Actor, audit_record
from integrations.models import Location, Station, User


class StationError(Exception):
    """A station that cannot be made; ``plain`` says why and what to do."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


@transaction.atomic
def station_create(*, actor: Actor, location: Location, name: str) -> tuple[Station, str]:
    """Make a station. Returns it and the secret its browser keeps, of which we keep the hash."""
    name = " ".join(name.split())[:80]
    if not name:
        raise StationError("Give the device a name, like Front counter tablet.")
    if Station.objects.filter(location=location, name=name, revoked_at=None).exists():
        raise StationError(f"There is a station named {name} here already. Choose another name.")
    secret = secrets.token_urlsafe(32)
    station = Station.objects.create(
        location=location, name=name, secret_sha256=digest_of(secret), created_by=actor.name
    )
    _audit("station.created", actor, station)
    return station, secret


@transaction.atomic
def station_revoke(*, actor: Actor, station: Station) -> bool:
    """End a station at once: its browser is nobody's from the next press on."""
    ended = Station.objects.filter(pk=station.pk, revoked_at=None).update(
        revoked_at=clock.now(), revoked_by=actor.name
    )
    if ended:
        _audit("station.revoked", actor, station)
    return ended == 1


def station_counter(*, actor: Actor, station: Station, on: bool) -> None:
    """Whether details stay covered on this device's screen."""
    if Station.objects.filter(pk=station.pk).exclude(counter=on).update(counter=on):
        _audit("station.counter", actor, station, {"on": on})


@transaction.atomic
def station_taken_over(*, user: User, station: Station) -> User | None:
    """A person proved who they are and works here from now on. Returns who did before them."""
    row = Station.objects.select_for_update().get(pk=station.pk)
    before = row.last_person
    row.last_person, row.taken_over_at = user, clock.now()
    row.save(update_fields=["last_person", "taken_over_at"])
    user.at_station = station
    _audit("station.taken_over", user.as_actor(), station, {"before": before.pk if before else ""})
    return before


def station_by_secret(text: str) -> Station | None:
    """The working station behind a browser's cookie."""
    if not text or len(text) > 100:
        return None
    rows = Station.objects.filter(secret_sha256=digest_of(text), revoked_at=None)
    return rows.select_related("location__connection").first()


def people_at(location: Location) -> QuerySet[User]:
    """Who works at this location today: an active sign-in with a role here, by name."""
    here = User.objects.filter(is_active=True, groups__locationrole__location=location)
    return here.select_related("pin", "staff").distinct().order_by("name", "pk")


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _audit(
    action: str, actor: Actor, station: Station, facts: dict[str, object] | None = None
) -> None:
    audit_record(
        action=action,
        actor=actor,
        connection=station.location.connection_id,
        location=station.location_id,
        subject=f"station:{station.pk}",
        facts={"name": station.name, **(facts or {})},
    )
