"""Who may connect platforms and invite people, and which connections they see."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from approvals.permissions import Rights, requires, rights_of
from integrations.models import Connection, Location, User

RIGHT = "tune_agents"
View = Callable[..., HttpResponseBase]


def tunes(view: View) -> View:
    """People who tune the agents of some location, and the admin who sets up the first one.

    Before the first connection there is no location, so nobody can hold a right at one: the
    superuser of ``createsuperuser`` is let in here, and nowhere on the desk's own pages. What
    holds clients' records is guarded by ``tunes_here`` instead.
    """
    guarded = requires(RIGHT)(view)

    @wraps(guarded)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and user.is_active and user.is_superuser:
            request.rights = rights_of(user)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)
        return guarded(request, *args, **kwargs)

    return entered


def tunes_here(view: View) -> View:
    """Pages that show clients' records (files, odd deliveries): the role's right, for everybody."""
    return requires(RIGHT)(view)


def sees_clients(request: HttpRequest, connection: Connection) -> bool:
    """Whether this person's role at one of its locations lets them see its clients' records."""
    return own_connections(request).filter(pk=connection.pk).exists()


def rights_in(request: HttpRequest) -> Rights:
    found: Rights = request.rights  # type: ignore[attr-defined]
    return found


def user_of(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101  (the guard let nobody else in)
    return user


def connections_of(request: HttpRequest) -> QuerySet[Connection]:
    """The connections of one's own locations; for the superuser all of them."""
    if user_of(request).is_superuser:
        return Connection.objects.order_by("name", "created_at")
    return own_connections(request)


def own_connections(request: HttpRequest) -> QuerySet[Connection]:
    """The connections of the locations at which one holds the right; a superuser no others."""
    rows = Connection.objects.order_by("name", "created_at")
    return rows.filter(location__in=rights_in(request).locations_with(RIGHT)).distinct()


def connection_or_404(request: HttpRequest, pk: UUID) -> Connection:
    found = connections_of(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def own_connection_or_404(request: HttpRequest, pk: UUID) -> Connection:
    found = own_connections(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def locations_of(request: HttpRequest, connection: Connection | None = None) -> list[Location]:
    """The locations one may invite people to."""
    rows = Location.objects.filter(deleted_at=None).select_related("connection")
    if not user_of(request).is_superuser:
        rows = rows.filter(pk__in=rights_in(request).locations_with(RIGHT))
    if connection is not None:
        rows = rows.filter(connection=connection)
    return list(rows.order_by("name"))
