"""Asking for everything, taking it once, and having it erased."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count

from approvals.errors import NoRight, NotPossible
from approvals.permissions import Rights, rights_of
from copilot.leaving.models import Leaving, LeavingPart
from copilot.leaving.work import DRAIN
from core import clock
from core.audit import audit_record
from core.doorbell import ring_on_commit
from core.work import WorkRow
from integrations.connections import connection_off
from integrations.models import Connection, Location, User

RIGHT = "tune_agents"
# Between the typed name and the first row that is gone one can still stop it.
GRACE = timedelta(minutes=5)
Kind, Outcome = Leaving.Kind, Leaving.Outcome


def connections_of(rights: Rights) -> list[Connection]:
    """Connections all of whose locations this person runs: it concerns all of them."""
    own = rights.locations_with(RIGHT)
    every = Location.objects.filter(deleted_at=None).order_by()
    mine = dict(every.filter(pk__in=own).values_list("connection").annotate(n=Count("pk")))
    all_of = every.filter(connection__in=mine).values_list("connection").annotate(n=Count("pk"))
    whole = [pk for pk, n in all_of if n == mine[pk]]
    return list(Connection.objects.filter(pk__in=whole).order_by("name", "pk"))


def connection_for(user: User, pk: object) -> Connection:
    found = next((one for one in connections_of(rights_of(user)) if str(one.pk) == str(pk)), None)
    if found is None:
        raise NoRight
    return found


def export_ask(*, user: User, connection_id: object) -> Leaving:
    """Have everything packed; the same wish twice is one."""
    connection = connection_for(user, connection_id)
    return _ask(user, connection, Kind.EXPORT, timedelta(0))


def erase_ask(*, user: User, connection_id: object, name: str) -> Leaving:
    """Have everything erased. ``name``: the connection's, typed; NotPossible where it is not."""
    connection = connection_for(user, connection_id)
    if " ".join(name.split()) != " ".join(connection.name.split()):
        raise NotPossible("That is not the name as it stands above. Nothing is erased.")
    with transaction.atomic():
        connection_off(actor=user.as_actor(), connection=connection)
        return _ask(user, connection, Kind.ERASE, GRACE)


def _ask(user: User, connection: Connection, kind: str, after: timedelta) -> Leaving:
    now = clock.now()
    try:
        with transaction.atomic():
            row = Leaving.objects.create(
                connection=connection,
                kind=kind,
                asked_by=user,
                asked_by_name=user.name,
                not_before=now + after,
            )
            audit_record(
                action=f"connection.{kind}_asked",
                actor=user.as_actor(),
                connection=connection.pk,
                subject=f"leaving:{row.pk}",
            )
            ring_on_commit(DRAIN)
    except IntegrityError:
        states = [WorkRow.State.WAITING, WorkRow.State.LEASED]
        rows = Leaving.objects.filter(connection=connection, kind=kind, outcome="")
        return rows.get(state__in=states)
    return row


def erase_stop(*, user: User, leaving_id: int) -> Leaving:
    """Stop it before it began; NotPossible afterwards. The connection stays off."""
    row = _row(user, leaving_id)
    with transaction.atomic():
        stopped = Leaving.objects.filter(
            pk=row.pk, kind=Kind.ERASE, outcome="", state=WorkRow.State.WAITING
        ).update(state=WorkRow.State.DONE, outcome=Outcome.STOPPED, done_at=clock.now())
        if not stopped:
            raise NotPossible("It has begun already.")
        audit_record(
            action="connection.erase_stopped",
            actor=user.as_actor(),
            connection=row.connection_id,
            subject=f"leaving:{row.pk}",
        )
    return row


def export_take(*, user: User, leaving_id: int) -> Leaving:
    """Whoever asks first has it: NotPossible for everybody after."""
    row = _row(user, leaving_id)
    with transaction.atomic():
        taken = Leaving.objects.filter(pk=row.pk, outcome=Outcome.READY).update(
            outcome=Outcome.TAKEN, taken_at=clock.now(), taken_by_name=user.name
        )
        if not taken:
            raise NotPossible("It was taken already. Have it packed again.")
        audit_record(
            action="data.downloaded",
            actor=user.as_actor(),
            connection=row.connection_id,
            subject=f"leaving:{row.pk}",
            facts={"sha256": row.sha256},
        )
    return row


def pieces_of(row: Leaving) -> Iterator[bytes]:
    """The file, piece by piece; afterwards it is not here any more, however the line ended."""
    try:
        parts = LeavingPart.objects.filter(leaving=row).order_by("number")
        for number in list(parts.values_list("number", flat=True)):
            yield bytes(parts.get(number=number).body)
    finally:
        LeavingPart.objects.filter(leaving=row).delete()


def _row(user: User, leaving_id: int) -> Leaving:
    row = Leaving.objects.filter(pk=leaving_id).first()
    if row is None:
        raise NoRight
    connection_for(user, row.connection_id)
    return row
