"""Who may see and decide what. Rights are guardian's, on Locations; drafts inherit them.

One query answers for the whole request. A role that was taken away is gone at the next request:
nothing here is cached longer. ``is_superuser`` counts for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from approvals.models import ApprovalItem
from integrations.models import Location, LocationRole, RoleRight, StaffMember, User
from integrations.models.rights import RIGHTS

View = Callable[..., HttpResponseBase]
# Who reads the manager's digest also sees drafts that are only kept for comparison.
MANAGER_RIGHT = "read_digest"
PROVIDER = "provider"
# A PIN at a shared device is enough for the desk's work; these ask for one's own sign-in.
NOT_AT_A_STATION = frozenset({"tune_agents", "read_audit"})


@dataclass(frozen=True)
class Rights:
    """{location: {right: roles that bring it}} of one person, as of one query."""

    user_id: int
    staff_id: int | None = None
    by_location: dict[int, dict[str, frozenset[str]]] = field(default_factory=dict)

    def has(self, location_id: int, right: str) -> bool:
        return right in self.by_location.get(location_id, {})

    def any(self, *rights: str) -> bool:
        return any(right in held for held in self.by_location.values() for right in rights)

    def locations_with(self, right: str) -> list[int]:
        return sorted(place for place, held in self.by_location.items() if right in held)

    @property
    def locations(self) -> list[int]:
        return sorted(self.by_location)

    def provider_only(self, location_id: int, right: str) -> bool:
        """Whether the right comes from the provider's role alone: then own appointments only."""
        return self.by_location.get(location_id, {}).get(right) == frozenset({PROVIDER})

    def is_manager(self, location_id: int) -> bool:
        return self.has(location_id, MANAGER_RIGHT)

    def may_see(self, item: ApprovalItem) -> bool:
        """The same rule as ``visible``, for one draft at hand."""
        if not self.has(item.location_id, item.right):
            return False
        if item.stage == ApprovalItem.Stage.OBSERVE and not self.is_manager(item.location_id):
            return False
        if self.provider_only(item.location_id, item.right):
            return self.staff_id is not None and item.staff_id == self.staff_id
        return True

    def at(self, location_id: int) -> "Rights":
        """The same person's rights at one location only."""
        held = {place: r for place, r in self.by_location.items() if place == location_id}
        return Rights(self.user_id, self.staff_id, held)

    def visible(self) -> Q:
        """The drafts this person may see, with the location ids written out.

        A subquery instead would make Postgres walk every open draft of every salon.
        """
        found = Q(pk__in=[])
        for (rights, own, manager), places in self._alike().items():
            one = Q(location_id__in=sorted(places), right__in=sorted(rights))
            if own:
                one &= Q(staff_id=self.staff_id) if self.staff_id else Q(pk__in=[])
            if not manager:
                one &= ~Q(stage=ApprovalItem.Stage.OBSERVE)
            found |= one
        return found

    def _alike(self) -> dict[tuple[frozenset[str], bool, bool], list[int]]:
        """Locations grouped by what may be seen there: one condition each, not one per location."""
        alike: dict[tuple[frozenset[str], bool, bool], list[int]] = {}
        for place, held in self.by_location.items():
            for own in (False, True):
                rights = frozenset(r for r in held if self.provider_only(place, r) is own)
                if rights:
                    alike.setdefault((rights, own, self.is_manager(place)), []).append(place)
        return alike


def is_provider_only(rights: Rights, location_id: int, right: str = "review_messages") -> bool:
    """Providers see only the drafts of their own appointments."""
    return rights.provider_only(location_id, right)


def _rights_sql() -> str:
    # Asked of guardian, which finds the tables with a direct key; any instance will do.
    groups = get_group_obj_perms_model(Location())._meta.db_table
    users = get_user_obj_perms_model(Location())._meta.db_table
    roles, staff = LocationRole._meta.db_table, StaffMember._meta.db_table
    mine = User.groups.through._meta.db_table
    return f"""
        SELECT p.content_object_id, a.codename, coalesce(r.role, '')
        FROM {mine} g
        JOIN {groups} p ON p.group_id = g.group_id
        JOIN auth_permission a ON a.id = p.permission_id
        LEFT JOIN {roles} r ON r.group_id = g.group_id
        WHERE g.user_id = %(user)s
        UNION ALL
        SELECT p.content_object_id, a.codename, ''
        FROM {users} p JOIN auth_permission a ON a.id = p.permission_id
        WHERE p.user_id = %(user)s
        UNION ALL
        SELECT s.id, '', '' FROM {staff} s WHERE s.user_id = %(user)s
    """  # noqa: S608


def rights_of(user: Any) -> Rights:
    """Everything this person may do and where, in one query.

    Within one request it is asked once: ``requires`` leaves its answer on the request's user.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Rights(user_id=0)
    known: Rights | None = getattr(user, "_rights_of_request", None)
    if known is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute(_rights_sql(), {"user": user.pk})
        rows = cursor.fetchall()
    staff_id: int | None = None
    held: dict[int, dict[str, set[str]]] = {}
    for place, right, role in rows:
        if not right:
            staff_id = place
        elif right in RIGHTS:
            held.setdefault(place, {}).setdefault(right, set()).add(role)
    frozen = {
        place: {right: frozenset(roles) for right, roles in rights.items()}
        for place, rights in held.items()
    }
    return _cut(user, Rights(user.pk, staff_id, frozen))


def _cut(user: Any, rights: Rights) -> Rights:
    """At a station: what the person may do at its location, without what a PIN is too weak for."""
    station = getattr(user, "at_station", None)
    if station is None:
        return rights
    here = station.location_id
    held = rights.by_location.get(here, {})
    kept = {right: roles for right, roles in held.items() if right not in NOT_AT_A_STATION}
    return Rights(rights.user_id, rights.staff_id, {here: kept} if kept else {})


def people_with(location_id: int, right: str) -> dict[int, frozenset[str]]:
    """{person: the roles that bring them this right at this location}, whoever may sign in."""
    groups = get_group_obj_perms_model(Location())._meta.db_table
    users = get_user_obj_perms_model(Location())._meta.db_table
    roles, mine = LocationRole._meta.db_table, User.groups.through._meta.db_table
    sql = f"""
        SELECT g.user_id, coalesce(r.role, '')
        FROM {groups} p
        JOIN auth_permission a ON a.id = p.permission_id AND a.codename = %(right)s
        JOIN {mine} g ON g.group_id = p.group_id
        LEFT JOIN {roles} r ON r.group_id = p.group_id
        WHERE p.content_object_id = %(place)s
        UNION ALL
        SELECT p.user_id, '' FROM {users} p
        JOIN auth_permission a ON a.id = p.permission_id AND a.codename = %(right)s
        WHERE p.content_object_id = %(place)s
    """  # noqa: S608
    found: dict[int, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, {"place": location_id, "right": right})
        for user_id, role in cursor.fetchall():
            found.setdefault(user_id, set()).add(role)
    active = set(User.objects.filter(pk__in=found, is_active=True).values_list("pk", flat=True))
    return {user_id: frozenset(held) for user_id, held in found.items() if user_id in active}


def readers_of(right: str) -> dict[int, set[int]]:
    """{person: locations at which they hold this right}, for everybody: one query."""
    groups = get_group_obj_perms_model(Location())._meta.db_table
    users = get_user_obj_perms_model(Location())._meta.db_table
    sql = f"""
        SELECT g.user_id, p.content_object_id
        FROM {groups} p
        JOIN auth_permission a ON a.id = p.permission_id AND a.codename = %(right)s
        JOIN {User.groups.through._meta.db_table} g ON g.group_id = p.group_id
        UNION
        SELECT p.user_id, p.content_object_id FROM {users} p
        JOIN auth_permission a ON a.id = p.permission_id AND a.codename = %(right)s
    """  # noqa: S608
    found: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, {"right": right})
        for user_id, place in cursor.fetchall():
            found.setdefault(user_id, set()).add(place)
    return found


def requires(*rights: str) -> Callable[[View], View]:
    """Only people who hold one of ``rights`` at some location; the view gets ``request.rights``.

    The names are kept on the view (``required_rights``): a test walks all addresses and checks.
    """
    unknown = set(rights) - set(RIGHTS)
    if unknown or not rights:
        raise ValueError(f"not in the list of rights: {sorted(unknown)}")

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            held = rights_of(request.user)
            if not held.any(*rights):
                raise PermissionDenied("Your role gives you no part in this page.")
            request.rights = request.user._rights_of_request = held  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        guarded.required_rights = rights  # type: ignore[attr-defined]
        return guarded

    return guard


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    # A fragment's request would put the sign-in page into the middle of the queue.
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(resolve_url("sign-in"))
    return redirect_to_login(request.get_full_path())


def rights_brought_by(role: str) -> list[str]:
    """What a platform role brings here, from the table an admin edits."""
    return list(RoleRight.objects.filter(role=role).values_list("right", flat=True))
