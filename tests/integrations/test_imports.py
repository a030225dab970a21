"""CSV files: what is guessed, what goes in, what is named as a problem, and awful files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit import Actor
from integrations.imports import (
    FileProblem,
    file_keep,
    file_preview,
    guess,
    import_ask,
    table_read,
    values,
)
from integrations.inbox import inbox_drain
from integrations.models import (
    Appointment,
    Client,
    Connection,
    Consent,
    InboundEvent,
    Location,
    SyncRun,
    WaitlistEntry,
)
from integrations.sandbox.remote import Remote
from tests.integrations.salon import NOON, location_make
from tests.support.searches import searched

ELLEN = Actor("person", "1", "Ellen")
AS_OF = date(2026, 6, 12)


def load(connection: Connection, kind: str, text: str | bytes, as_of: date = AS_OF) -> SyncRun:
    raw = text.encode() if isinstance(text, str) else text
    kept = file_keep(actor=ELLEN, connection=connection, kind=kind, raw=raw)
    seen = file_preview(kept)
    run = import_ask(actor=ELLEN, kept=kept, mapping=seen.mapping, as_of=as_of)
    inbox_drain()
    run.refresh_from_db()
    assert run.finished_at is not None, InboundEvent.objects.latest("pk").last_error
    return run


CLIENTS = """Client ID,First Name,Last Name,Mobile Phone,Email,SMS Reminders,SMS Marketing,Visits
cli_1,Grace,Hale,503-555-0142,grace@example.com,Yes,No,14
cli_2,Zoë,O'Neil,(503) 555-0143,,Yes,Yes,
"""


def test_clients_come_in_with_consent_as_of_the_files_day(plain: Connection) -> None:
    run = load(plain, "clients", CLIENTS)
    assert (run.done, run.total, run.error) == (2, 2, "")
    grace = Client.objects.get(external_id="1")
    assert (grace.name, grace.phone, grace.visit_count) == ("Grace Hale", "+15035550142", 14)
    assert grace.as_of == AS_OF
    said = Consent.objects.get(client=grace, channel="sms", purpose="transactional")
    assert said.granted and said.origin == "file"
    assert said.at == datetime(2026, 6, 12, tzinfo=UTC)


def test_loading_the_same_file_again_changes_nothing(plain: Connection) -> None:
    load(plain, "clients", CLIENTS)
    before = list(Client.objects.order_by("pk").values("pk", "external_id", "first_name"))
    load(plain, "clients", CLIENTS)
    assert list(Client.objects.order_by("pk").values("pk", "external_id", "first_name")) == before
    assert Consent.objects.count() == 4


def test_bad_rows_are_named_with_their_line_and_the_rest_goes_in(plain: Connection) -> None:
    text = (
        "Appointment ID;Client;Phone;Service;Start;Price\n"
        "1;Ann Lee;503-555-0101;Facial;15.06.2026 14:30;65,00\n"
        "2;Bo Ray;503-555-0102;Facial;next Tuesday;65,00\n"
        "\n"
        "3;;;Facial;16.06.2026 9:00;65,00\n"
        '4;"Cy, Ed";503-555-0103;"Cut; wash";17.06.2026 2:00 PM;1.065,50\n'
    )
    run = load(plain, "appointments", text)
    assert Appointment.objects.count() == 2
    assert run.error.splitlines() == [
        "Line 3: 'next Tuesday' is no date and time we can read.",
        "Line 5: it does not say which client.",
    ]
    row = Appointment.objects.select_related("client", "service").get(external_id="4")
    assert row.price == Decimal("1065.50") and row.service_name == "Cut; wash"
    assert row.client is not None and row.client.name == "Ed Cy"
    assert row.starts_at.astimezone(ZoneInfo("America/Los_Angeles")).hour == 14


def test_history_from_a_file_makes_no_events(plain: Connection) -> None:
    load(plain, "clients", CLIENTS)
    assert all(row.announced == [] for row in InboundEvent.objects.all())


def test_the_sandboxes_own_exports_load_whole(plain: Connection, remote: Remote) -> None:
    Location.objects.filter(connection=plain).delete()
    for place in remote.get("records/location")["data"]:
        location_make(plain, place["id"], name=place["name"], timezone=place["timezone"])
    for kind, model in (
        ("clients", Client),
        ("appointments", Appointment),
        ("waitlist", WaitlistEntry),
    ):
        run = load(plain, kind, remote.csv(kind), as_of=NOON.date())
        assert run.error == ""
        assert model.objects.count() == run.total > 3
    known = remote.get("records/appointment")["data"][0]
    row = Appointment.objects.select_related("client", "location", "service", "staff").get(
        external_id=known["id"].removeprefix("apt_")
    )
    assert row.starts_at == datetime.fromisoformat(known["startTime"])
    assert row.status == known["status"] and row.location.external_id == known["locationId"]
    assert row.client is not None
    assert row.client.external_id == known["clientId"].removeprefix("cli_")
    assert row.service is not None and row.service.name == known["serviceName"]
    assert row.staff is not None and row.staff.name == known["staffName"]


def test_a_webhook_and_the_file_speak_of_the_same_appointment(plain: Connection) -> None:
    load(plain, "clients", CLIENTS)
    load(plain, "appointments", "Appointment ID,Client ID,Start\napt_77,cli_1,2026-06-20 10:00\n")
    from tests.integrations.test_inbox import deliver

    said = {
        "id": 77,
        "dateTime": "2026-06-21T10:00:00-07:00",
        "clientInfo": {"phone": "5035550142"},
    }
    deliver(plain, {"appointment": said})
    inbox_drain()
    row = Appointment.objects.select_related("client").get()
    assert row.starts_at == datetime(2026, 6, 21, 17, tzinfo=UTC)
    assert row.client is not None and row.client.first_name == "Grace"


def test_a_client_who_is_only_named_must_be_the_only_one(plain: Connection) -> None:
    load(plain, "clients", "Client ID,First Name,Last Name\n1,Ann,Lee\n2,Bo,Ray\n3,Bo,Ray\n")
    text = (
        "Client,Start\nANN LEE,2026-06-20 10:00\nBo Ray,2026-06-20 11:00\nCy Ed,2026-06-20 12:00\n"
    )
    run = load(plain, "appointments", text)
    assert Appointment.objects.get().client == Client.objects.get(external_id="1")
    assert "more than one client" in run.error and "we know no client" in run.error


def test_a_location_that_is_not_there_is_named(plain: Connection) -> None:
    text = "Client ID,Location,Start\n1,Maple street,2026-06-20 10:00\n2,Nowhere,2026-06-20 11:00\n"
    run = load(plain, "appointments", text)
    assert run.error == "Line 3: no location is named 'Nowhere'; add it first, or mend its name."
    assert Appointment.objects.count() == 1


def test_columns_can_be_chosen_by_hand_and_must_suffice(plain: Connection) -> None:
    kept = file_keep(
        actor=ELLEN, connection=plain, kind="clients", raw=b"Kundin,Nummer\nAnn Lee,503-555-0101\n"
    )
    seen = file_preview(kept)
    assert seen.mapping == {} and seen.lacking
    with pytest.raises(FileProblem, match="which client"):
        import_ask(actor=ELLEN, kept=kept, mapping=seen.mapping, as_of=AS_OF)
    import_ask(actor=ELLEN, kept=kept, mapping={"client_name": 0, "client_phone": 1}, as_of=AS_OF)
    inbox_drain()
    assert Client.objects.get().name == "Ann Lee"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n\n", "empty"),
        (b"PK\x03\x04stuff", "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"just words\nmore words\n", "fewer than two"),
        (b"a,b\n", "nothing below"),
    ],
)
def test_files_that_are_no_tables_are_refused_in_plain_words(
    plain: Connection, raw: bytes, words: str
) -> None:
    with pytest.raises(FileProblem, match=words):
        file_keep(actor=ELLEN, connection=plain, kind="clients", raw=raw)
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_encoding_and_delimiter_is_told(encoding: str, delimiter: str) -> None:
    out = io.StringIO()
    rows = [["First Name", "Last Name", "Note"], ["Zoë", "Núñez", f'says "hi{delimiter}"']]
    csv.writer(out, delimiter=delimiter).writerows(rows)
    table = table_read(out.getvalue().encode(encoding))
    assert table.delimiter == delimiter
    assert [table.header, table.rows[0][1]] == rows


SCRIBBLES = st.text(alphabet="ab\",;\n\t\x00é'123/-: ", max_size=200).map(str.encode)


@searched(80)
@given(
    body=st.binary(max_size=300)
    | st.text(alphabet="ab\",;\n\t\x00é'123/-: ", max_size=200).map(str.encode)
)
def test_no_file_whatsoever_makes_loading_fail(plain: Connection, body: bytes) -> None:
    raw = b"Client ID,Phone,Start,Price,Status\n" + body
    try:
        run = load(plain, "appointments", raw)
    except FileProblem:
        return
    assert run.done == run.total


@pytest.mark.parametrize(
    ("cell", "day_first", "found"),
    [
        ("2026-06-15", False, date(2026, 6, 15)),
        ("06/15/2026", False, date(2026, 6, 15)),
        ("15/06/2026", True, date(2026, 6, 15)),
        ("15.6.26", True, date(2026, 6, 15)),
        ("June 15, 2026", False, date(2026, 6, 15)),
        ("Mon, Jun 15th 2026", False, date(2026, 6, 15)),
        ("15 Jun 2026", True, date(2026, 6, 15)),
    ],
)
def test_dates_are_read_as_people_write_them(cell: str, day_first: bool, found: date) -> None:
    assert values.day_of(cell, day_first=day_first) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [("14:00", time(14)), ("2:30 PM", time(14, 30)), ("12am", time(0)), ("9.15", time(9, 15)),
     ("12:05 p.m.", time(12, 5)), ("14:00:00", time(14))],
)  # fmt: skip
def test_times_are_read_as_people_write_them(cell: str, found: time) -> None:
    assert values.time_of(cell) == found


def test_the_order_of_day_and_month_is_told_by_any_row_that_can_tell() -> None:
    assert values.day_first(["04/05/2026", "13/05/2026"], "US")
    assert not values.day_first(["04/05/2026", "05/13/2026"], "GB")
    assert values.day_first(["04/05/2026"], "GB") and not values.day_first(["04/05/2026"], "US")


def test_a_guess_uses_no_column_twice() -> None:
    found = guess("appointments", ["ID", "Client", "Date", "Time", "Provider", "Total"])
    assert found == {"id": 0, "client_name": 1, "date": 2, "time": 3, "staff": 4, "price": 5}
