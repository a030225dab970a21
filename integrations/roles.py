"""Platform roles mirrored into rights: one group per location and role, guardian on Location.

A person's groups are the roles of their StaffMember plus the unexpired grants by hand, and nothing
else: whatever the platform takes away is gone here within one sync.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet
from guardian.shortcuts import assign_perm, remove_perm

from core import clock
from core.audit import Actor, audit_record
from integrations.events import StaffLeft
from integrations.models import (
    Connection,
    HandGrant,
    Location,
    LocationGroupPermission,
    LocationRole,
    RoleRight,
    StaffMember,
    User,
)
from integrations.models.stations import SESSION_PERSON

SYSTEM = Actor.system("roles")
MIRRORED = "mirrored_staff"
ENDED = "ended_by_sync"
# A sync in which more than this share of the staff vanish waits for an admin.
TOO_MANY = 1 / 3


@dataclass
class RolesReport:
    """What one mirroring did. ``held``: too many vanished, and nothing was taken away."""

    given: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    held: bool = False


def role_name(text: str) -> str:
    """``Front Desk`` and ``front-desk`` are the same role."""
    return re.sub(r"[^a-z0-9]+", "_", text.strip().lower()).strip("_")[:40]


@transaction.atomic
def roles_sync(connection: Connection, *, accepted_by: Actor | None = None) -> RolesReport:
    """Bring rights in line with the working copy's staff and the grants by hand.

    ``accepted_by`` is the admin who looked at a held sync and says that those people really left.
    """
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    report = RolesReport()
    active = set(_active(connection).values_list("external_id", flat=True))
    mirrored = set(connection.settings.get(MIRRORED, []))
    report.vanished = sorted(mirrored - active)
    too_many = len(report.vanished) > len(mirrored) * TOO_MANY and len(report.vanished) > 1
    report.held = too_many and accepted_by is None
    wanted = _wanted(connection)
    for user in _people(connection):
        _person_sync(connection, user, wanted.get(user.pk, set()), report)
    if not report.held:
        connection.settings[MIRRORED] = sorted(active)
        connection.save(update_fields=["settings"])
    _report_audit(connection, report, accepted_by or SYSTEM)
    return report


def _active(connection: Connection) -> QuerySet[StaffMember]:
    return StaffMember.objects.filter(connection=connection, active=True, deleted_at=None)


def _people(connection: Connection) -> list[User]:
    """Everybody who has, or may get, a right here through staff or a grant."""
    ours = Q(staff__connection=connection) | Q(hand_grants__location__connection=connection)
    mirrored = Q(groups__locationrole__location__connection=connection)
    return list(User.objects.filter(ours | mirrored).distinct().order_by("pk"))


def _wanted(connection: Connection) -> dict[int, set[int]]:
    """{user: groups}: the roles of active staff, and grants that have not ended."""
    locations = {
        row.external_id: row
        for row in Location.objects.filter(connection=connection, deleted_at=None)
    }
    wanted: dict[int, set[int]] = {}
    for staff in _active(connection).filter(user__isnull=False):
        for said in staff.roles:
            location = locations.get(str(said.get("location")))
            role = role_name(str(said.get("role") or ""))
            if location is not None and role and staff.user_id:
                group = role_group(location, role)
                wanted.setdefault(staff.user_id, set()).add(group.pk)
    for grant in grants_in_force(connection):
        group = role_group(grant.location, grant.role)
        wanted.setdefault(grant.user_id, set()).add(group.pk)
    return wanted


def grants_in_force(connection: Connection) -> list[HandGrant]:
    """Grants by hand that have not ended; the last day counts where the location is."""
    rows = HandGrant.objects.filter(location__connection=connection).select_related("location")
    now = clock.now()
    return [
        row
        for row in rows
        if row.ends_on is None or row.ends_on >= now.astimezone(row.location.zone).date()
    ]


def role_group(location: Location, role: str) -> Group:
    """The group of one role at one location, made with its rights where it is new."""
    found = LocationRole.objects.filter(location=location, role=role).first()
    if found is not None:
        return found.group
    group, _ = Group.objects.get_or_create(name=f"{role} at location {location.pk}")
    LocationRole.objects.create(location=location, role=role, group=group)
    _rights_apply(location, group, _rights_of_role(role))
    return group


def _rights_of_role(role: str) -> set[str]:
    return set(RoleRight.objects.filter(role=role).values_list("right", flat=True))


def _rights_apply(location: Location, group: Group, wanted: set[str]) -> None:
    held = set(
        LocationGroupPermission.objects.filter(content_object=location, group=group).values_list(
            "permission__codename", flat=True
        )
    )
    for right in sorted(wanted - held):
        assign_perm(right, group, location)
    for right in sorted(held - wanted):
        remove_perm(right, group, location)


def rights_reapply(role: str) -> int:
    """The table of rights was edited: every location's group of that role follows."""
    rows = LocationRole.objects.filter(role=role).select_related("location", "group")
    wanted = _rights_of_role(role)
    for row in rows:
        _rights_apply(row.location, row.group, wanted)
    return len(rows)


def _person_sync(connection: Connection, user: User, wanted: set[int], report: RolesReport) -> None:
    here = Group.objects.filter(locationrole__location__connection=connection)
    held = set(user.groups.filter(pk__in=here).values_list("pk", flat=True))
    if wanted - held:
        user.groups.add(*(wanted - held))
        report.given.append(user.name)
    _welcome_back(user, wanted)
    if held - wanted and not report.held:
        user.groups.remove(*(held - wanted))
        report.taken.append(user.name)
        for place in _places_left(held, wanted) if wanted else ():
            _announce_left(connection, user, place)
    if not report.held and held and not wanted:
        _leave(connection, user, report)


def _welcome_back(user: User, wanted: set[int]) -> None:
    """Somebody whose sign-in a sync had ended is listed again."""
    if wanted and not user.is_active and user.preferences.pop(ENDED, False):
        user.is_active = True
        user.save(update_fields=["is_active", "preferences"])


def _leave(connection: Connection, user: User, report: RolesReport) -> None:
    """No role is left here. Where none is left anywhere, the sign-in ends too."""
    report.left.append(user.name)
    _announce_left(connection, user)
    if user.is_staff or user.groups.filter(locationrole__isnull=False).exists():
        return
    user.is_active = False
    user.preferences[ENDED] = True
    user.save(update_fields=["is_active", "preferences"])
    sessions_end(user)


def _places_left(held: set[int], wanted: set[int]) -> list[int]:
    """Locations where somebody had a role and has none now, though they have one elsewhere."""
    kept = LocationRole.objects.filter(group__in=wanted).values("location")
    lost = LocationRole.objects.filter(group__in=held - wanted).exclude(location__in=kept)
    return sorted(set(lost.values_list("location_id", flat=True)))


def _announce_left(connection: Connection, user: User, place: int = 0) -> None:
    from integrations.inbox import events_announce

    staff = StaffMember.objects.filter(user=user).first()
    gone = StaffLeft(
        key=f"left:{user.pk}:{place}:{clock.now().isoformat()}",
        connection_id=str(connection.pk),
        at=clock.now(),
        user_id=user.pk,
        staff_external_id=staff.external_id if staff else "",
        location_id=place or None,
    )
    events_announce([gone])


def sessions_end(user: User) -> int:
    """Delete every session of a person; their next click lands on the sign-in page."""
    ended = 0
    for session in Session.objects.filter(expire_date__gt=clock.now()).iterator():
        held = session.get_decoded()
        if str(user.pk) in {held.get("_auth_user_id"), str(held.get(SESSION_PERSON))}:
            session.delete()
            ended += 1
    return ended


def grant_by_hand(
    *, actor: Actor, user: User, location: Location, role: str, ends_on: date | None
) -> HandGrant:
    """Give a role here that the platform does not know of (a temp, a virtual receptionist)."""
    grant, _ = HandGrant.objects.update_or_create(
        user=user,
        location=location,
        role=role_name(role),
        defaults={"ends_on": ends_on, "granted_by": actor.name, "granted_at": clock.now()},
    )
    _grant_audit(actor, grant, "rights.granted")
    roles_sync(location.connection)
    return grant


def grant_end(*, actor: Actor, grant: HandGrant) -> RolesReport:
    """Take a grant by hand back, at once."""
    _grant_audit(actor, grant, "rights.ended")
    connection = grant.location.connection
    grant.delete()
    return roles_sync(connection)


def grants_expire() -> int:
    """Grants whose last day is over end, and with them the rights; returns how many ended."""
    ended = 0
    for connection in Connection.objects.filter(location__handgrant__isnull=False).distinct():
        alive = {grant.pk for grant in grants_in_force(connection)}
        over = HandGrant.objects.filter(location__connection=connection).exclude(pk__in=alive)
        for grant in over.select_related("location", "user"):
            grant_end(actor=SYSTEM, grant=grant)
            ended += 1
    return ended


def _grant_audit(actor: Actor, grant: HandGrant, action: str) -> None:
    audit_record(
        action=action,
        actor=actor,
        connection=grant.location.connection_id,
        location=grant.location_id,
        subject=f"user:{grant.user_id}",
        facts={"role": grant.role, "ends_on": str(grant.ends_on or "")},
    )


def _report_audit(connection: Connection, report: RolesReport, actor: Actor) -> None:
    if not (report.given or report.taken or report.held):
        return
    facts: dict[str, int | bool] = {
        "given": len(report.given),
        "taken": len(report.taken),
        "left": len(report.left),
        "vanished": len(report.vanished),
        "held": report.held,
    }
    detail: dict[str, Iterable[str]] = {"given": report.given, "taken": report.taken}
    audit_record(
        action="rights.held" if report.held else "rights.mirrored",
        actor=actor,
        connection=connection.pk,
        facts=facts,
        detail=detail,
    )
