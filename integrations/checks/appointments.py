"""Checks on appointments, prices, slots and forms."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.errors import OutsideError
from integrations.checks import Changed, Holds, Reading, check
from integrations.idle import ready_to_call
from integrations.models import Appointment, Connection, FormResponse
from integrations.moments import on_record
from integrations.platforms.base import platform_of

Params = Mapping[str, Any]


@check("appointment_as_was")
def appointment_as_was(params: Params, reading: Reading) -> Holds | Changed:
    """{appointment, starts_at?, staff?, service?, status_in?}: still the same visit.

    ``staff`` and ``service`` may be our id, the platform's id or the name.
    """
    row = _appointment(params.get("appointment"), reading)
    if row is None or row.deleted_at is not None:
        return Changed("The appointment is gone.")
    status_in = params.get("status_in")
    if status_in and row.status not in status_in:
        return Changed(
            f"The appointment is now {row.get_status_display()}.", row.get_status_display()
        )
    wanted = moment_in(params.get("starts_at"))
    if wanted and row.starts_at != wanted:
        return Changed("The appointment was moved.", on_record(row.starts_at, row.location.zone))
    if not _is_same(params.get("staff"), row.staff_id, row.staff, row.staff_name):
        return Changed("Somebody else is doing it now.", row.staff_name)
    if not _is_same(params.get("service"), row.service_id, row.service, row.service_name):
        return Changed("The service was changed.", row.service_name)
    return Holds()


@check("appointment_where_it_was")
def appointment_where_it_was(params: Params, reading: Reading) -> Holds | Changed:
    """{appointment, places: [[starts_at, staff id], …], status_in}: it stands in one of these
    places: where it was, or where the same draft has just put it."""
    row = _appointment(params.get("appointment"), reading)
    if row is None or row.deleted_at is not None:
        return Changed("The appointment is gone.")
    if row.status not in params.get("status_in", ()):
        return Changed(
            f"The appointment is now {row.get_status_display()}.", row.get_status_display()
        )
    places = [(moment_in(starts), staff) for starts, staff in params.get("places", ())]
    if (row.starts_at, row.staff_id) not in places:
        return Changed(
            "The appointment was moved.",
            f"{on_record(row.starts_at, row.location.zone)} {row.staff_name}".strip(),
        )
    return Holds()


def _is_same(wanted: Any, pk: int | None, row: Any, name: str) -> bool:
    if wanted in (None, ""):
        return True
    known = {str(pk), name, getattr(row, "external_id", None), getattr(row, "name", None)}
    return str(wanted) in known


def _appointment(pk: Any, reading: Reading) -> Appointment | None:
    rows = Appointment.objects.select_related("location", "staff", "service")
    try:
        return rows.filter(pk=int(pk), connection_id=reading.connection_id).first()
    except (TypeError, ValueError):
        return None


def moment_in(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value or ""))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@check("price_as_was")
def price_as_was(params: Params, reading: Reading) -> Holds | Changed:
    """{appointment, price}: the price named in the text is still the price."""
    row = _appointment(params.get("appointment"), reading)
    if row is None:
        return Changed("The appointment is gone.")
    return (
        Holds()
        if str(row.price) == str(params.get("price"))
        else Changed("The price was changed.", f"{row.price} {row.currency}")
    )


@check("form_still_open")
def form_still_open(params: Params, reading: Reading) -> Holds | Changed:
    """{form}: the form asked for is still not filled in."""
    row = FormResponse.objects.filter(
        pk=params.get("form") or 0, connection_id=reading.connection_id
    ).first()
    if row is None or row.deleted_at is not None:
        return Changed("The form is gone.")
    return Changed("The form was filled in.", "complete") if row.complete else Holds()


@check("slot_free")
def slot_free(params: Params, reading: Reading) -> Holds | Changed:
    """{service, staff, location, starts_at} as the platform's ids: asked of the platform itself.

    Calls out, so it must not run inside a transaction. No answer counts as changed.
    """
    connection = Connection.objects.get(pk=reading.connection_id)
    starts_at = moment_in(params.get("starts_at"))
    if starts_at is None:
        return Changed("The time of the slot is not known.")
    try:
        ready_to_call(connection)
        free = (
            platform_of(connection)
            .reads(connection)
            .slot_free(
                service=str(params.get("service") or ""),
                staff=str(params.get("staff") or ""),
                location=str(params.get("location") or ""),
                starts_at=starts_at,
            )
        )
    except OutsideError as error:
        return Changed("We could not ask whether the time is still free.", error.plain)
    return Holds() if free else Changed("The time is taken.", "taken")
