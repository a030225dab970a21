"""CSV exports, as a salon would download them to load somewhere else by hand."""

import csv
import io
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from integrations.sandbox.salon.lookup import local, name
from integrations.sandbox.store import Record, store

_ALIVE = "json_extract(data, '$.deletedAt') IS NULL"


def _download(filename: str, header: list[str], rows: Iterable[list[object]]) -> HttpResponse:
    # The byte order mark makes spreadsheets read the accents; readers should expect it.
    out = io.StringIO("\ufeff")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


def _of_place(request: HttpRequest, kind: str, order: str) -> list[Record]:
    """All of a kind, or those of ``?location=loc_1``. Hours in a file carry no zone: a salon that
    loads it as its own must not get those of another city among them."""
    wanted = request.GET.get("location", "")
    rows = store().select(kind, _ALIVE, order=order)
    return [row for row in rows if wanted in {"", row["locationId"]}]


def _named(kind: str) -> dict[str, Record]:
    return {record["id"]: record for record in store().select(kind)}


def _yes(flag: object) -> str:
    return "Yes" if flag else "No"


def _allowed(client: Record) -> list[object]:
    # A client edited by hand may have no word on a channel at all.
    consent = client.get("consent") or {}
    return [
        _yes((consent.get(channel) or {}).get(purpose))
        for channel in ("sms", "email")
        for purpose in ("transactional", "marketing")
    ]


CLIENT_HEADER = [
    "Client ID",
    "First Name",
    "Last Name",
    "Email",
    "Mobile Phone",
    "Birthday",
    "Postal Code",
    "Language",
    "SMS Reminders",
    "SMS Marketing",
    "Email Reminders",
    "Email Marketing",
    "Client Since",
    "Last Visit",
    "Visits",
    "No-Shows",
    "Late Cancels",
    "Total Spend",
    "Notes",
    "Tags",
]


def clients_csv(request: HttpRequest) -> HttpResponse:
    rows = []
    for c in store().select("client", _ALIVE, order="id"):
        m = c["metrics"]
        rows.append(
            [
                c["id"],
                c["firstName"],
                c["lastName"],
                c["email"],
                c["phone"],
                c["birthday"],
                c["postalCode"],
                c["locale"],
                *_allowed(c),
                c["createdAt"][:10],
                c["lastVisitDate"],
                m["visitCount"],
                m["noShowCount"],
                m["lateCancelCount"],
                m["totalSpend"]["amount"],
                c["notes"],
                ", ".join(c["tags"]),
            ]
        )
    return _download("clients.csv", CLIENT_HEADER, rows)


def appointments_csv(request: HttpRequest) -> HttpResponse:
    header = [
        "Appointment ID",
        "Client ID",
        "Client",
        "Service",
        "Staff",
        "Location",
        "Start",
        "End",
        "Status",
        "Price",
        "Source",
        "Booked At",
        "Cancelled At",
        "Notes",
    ]
    people, places = _named("client"), _named("location")
    rows = []
    for a in _of_place(request, "appointment", "starts_at, id"):
        where = a["locationId"]
        rows.append(
            [
                a["id"],
                a["clientId"],
                name(people.get(a["clientId"])),
                a["serviceName"],
                a["staffName"],
                places[where]["name"],
                local(a["startTime"], where).isoformat(sep=" ", timespec="minutes"),
                local(a["endTime"], where).isoformat(sep=" ", timespec="minutes"),
                a["status"],
                a["price"]["amount"],
                a["source"],
                a["bookedAt"],
                a.get("cancelledAt", ""),
                a["notes"],
            ]
        )
    return _download("appointments.csv", header, rows)


def waitlist_csv(request: HttpRequest) -> HttpResponse:
    header = [
        "Entry ID",
        "Client ID",
        "Client",
        "Service",
        "Staff",
        "Location",
        "Windows",
        "Earliest",
        "Latest",
        "Status",
        "Added",
        "Notes",
    ]
    people, places = _named("client"), _named("location")
    services, staff = _named("service"), _named("staff")
    rows = []
    for w in _of_place(request, "waitlist", "id"):
        windows = "; ".join(f"{x['days']} {x['from']}-{x['to']}" for x in w["windows"])
        rows.append(
            [
                w["id"],
                w["clientId"],
                name(people.get(w["clientId"])),
                services[w["serviceId"]]["name"],
                staff[w["staffId"]]["name"] if w["staffId"] else "",
                places[w["locationId"]]["name"],
                windows,
                w["earliest"],
                w["latest"],
                w["status"],
                w["createdAt"],
                w["notes"],
            ]
        )
    return _download("waitlist.csv", header, rows)
