"""A salon's own past: read, played without looking ahead, reported, and gone again."""

import csv
import gzip
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from agents.models import AgentRun
from agents.replay.columns import Unreadable, guess, moment, outcome_of, rows_of, table_of
from agents.replay.play import Line, Player, location_make
from agents.replay.report import totals_of
from approvals.models import ApprovalItem
from integrations.models import Client, Connection

PORTLAND = ZoneInfo("America/Los_Angeles")
START = date(2026, 1, 5)


def export(path: Path, weeks: int = 12) -> Path:
    """Week after week Flaky misses every other visit, the others come."""
    lines = ["Customer,Appointment Date,Service,Provider,Outcome"]
    for week in range(weeks):
        day = START + timedelta(weeks=week)
        for name in ("Anna", "Bea", "Cleo", "=HYPERLINK(1)"):
            lines.append(f"{name},{day},Haircut,Kim,attended")
        lines.append(f"Flaky,{day},Colour,Kim,{'no show' if week % 2 else 'attended'}")
    text = "\n".join(lines)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


PLAYED: dict[str, list[Line]] = {}


def played(path: Path) -> list[Line]:
    """Always on an empty database; the same past is played once for all who only look at it."""
    text = path.read_text()
    if text not in PLAYED:
        table = table_of(path)
        rows, odd = rows_of(table, guess(table.header, {}), PORTLAND)
        assert odd == []
        player = Player(location_make(salon="Maple", zone="America/Los_Angeles"))
        PLAYED[text] = player.play(rows)
    return PLAYED[text]


def test_a_packed_file_is_the_same_past(tmp_path: Path) -> None:
    plain, packed = export(tmp_path / "past.csv"), export(tmp_path / "past.csv.gz")
    assert table_of(plain) == table_of(packed)


def test_the_command_reports_and_leaves_nothing(transactional_db: None, tmp_path: Path) -> None:
    said, out, past = StringIO(), tmp_path / "out.csv", export(tmp_path / "past.csv.gz")
    call_command("replay", str(past), "--yes", "--out", str(out), stdout=said)
    text = said.getvalue()
    assert "--client        Customer" in text
    assert "60 bookings, 60 drafts, nothing sent. Of 60" in text
    assert "2026-03-23" in text
    lines = list(csv.DictReader(out.open()))
    assert len(lines) == 60
    flaky = [line for line in lines if line["client"] == "Flaky"]
    assert flaky[-1]["risk"] == "high"
    assert "Missed" in flaky[-1]["reasons"]
    assert flaky[-1]["what_happened"] == "no_show"
    assert "Hi Anna, you're booked for Haircut with Kim" in lines[-5]["text"]
    assert any(line["client"] == "'=HYPERLINK(1)" for line in lines)
    assert Connection.objects.count() == Client.objects.count() == AgentRun.objects.count() == 0


def test_kept_rows_hold_runs_and_a_connection_that_can_do_nothing(
    transactional_db: None, tmp_path: Path
) -> None:
    path = export(tmp_path / "past.csv", weeks=3)
    call_command("replay", str(path), "--yes", "--keep", stdout=StringIO())
    connection = Connection.objects.get()
    assert (connection.mode, connection.status) == ("replay", "off")
    assert connection.capabilities == []
    assert (connection.base_url, connection.token_ref) == ("", "")
    assert AgentRun.objects.filter(outcome="drafted").count() == 15
    assert ApprovalItem.objects.count() == 0


@pytest.mark.django_db
def test_only_earlier_days_count(tmp_path: Path) -> None:
    lines = [line for line in played(export(tmp_path / "past.csv")) if line.row.client == "Flaky"]
    assert [line.level for line in lines[:2]] == ["low", "low"]
    assert lines[1].lost
    assert lines[1].reasons == ("Came last time.",)
    assert "Missed once out of 2 bookings." in lines[2].reasons


@pytest.mark.django_db
def test_what_happens_later_changes_nothing_before(tmp_path: Path) -> None:
    path = export(tmp_path / "past.csv")
    before = [(line.level, line.chance, line.text) for line in played(path)]
    lines = path.read_text().split("\n")
    changed = [line.replace("attended", "no show") for line in lines[31:46]]
    path.write_text("\n".join(lines[:31] + changed))
    after = [(line.level, line.chance, line.text) for line in played(path)]
    # The seventh week is the first that could know of a change in the sixth.
    assert after[:35] == before[:35]
    assert after[35:] != before[35:45]


@pytest.mark.django_db
def test_the_totals_say_how_well_the_risk_told_them_apart(tmp_path: Path) -> None:
    totals = totals_of(played(export(tmp_path / "past.csv")))
    high = totals.levels[0]
    assert (totals.settled, totals.lost) == (60, 6)
    assert high.name == "high"
    assert totals.lift(high) > 2.5
    assert sum(level.lost for level in totals.levels[:2]) == 5
    assert totals.auc is not None
    assert totals.auc > 0.7


@pytest.mark.django_db
def test_a_booking_is_met_when_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text(
        "client,start,booked at,status,cancelled at\n"
        "Dana,2026-03-02 10:00,2026-01-05 09:00,attended,\n"
        "Dana,2026-01-20 10:00,2026-01-06 09:00,no show,\n"
        "Dana,2026-03-05 10:00,2026-02-01 09:00,cancelled,2026-03-05 08:00\n"
    )
    first, second, third = played(path)
    assert first.text.startswith("Maple: Hi Dana")
    assert "Monday, March 2 at 10 am" in first.text
    assert first.reasons[0] == "Booked 56 days ahead."
    assert not any("Missed" in reason for reason in (*first.reasons, *second.reasons))
    assert any("Missed" in reason for reason in third.reasons)
    assert third.row.outcome == "late_cancel"
    assert third.lost


def test_a_column_that_cannot_be_guessed_is_asked_for_by_its_flag() -> None:
    with pytest.raises(Unreadable, match="--client COLUMN"):
        guess(["who", "day", "status"], {})
    assert guess(["who", "day", "status"], {"client": "who"}).start == "day"
    with pytest.raises(Unreadable, match="no column 'nobody'"):
        guess(["who", "day", "status"], {"client": "nobody"})


@pytest.mark.parametrize(
    ("text", "iso", "has_time"),
    [
        ("2026-03-02", "2026-03-02T12:00:00-08:00", False),
        ("3/2/2026 2:30 PM", "2026-03-02T14:30:00-08:00", True),
        ("2026-03-02T22:30:00Z", "2026-03-02T14:30:00-08:00", True),
        ("02.03.2026 14:30", "2026-03-02T14:30:00-08:00", True),
        ("Tue, Mar 3, 2026", "2026-03-03T12:00:00-08:00", False),
        ("March 3, 2026 at 2:30 PM", "2026-03-03T14:30:00-08:00", True),
        ("2026/03/02 14:30", "2026-03-02T14:30:00-08:00", True),
        ("3/2/26 2pm", "2026-03-02T14:00:00-08:00", True),
    ],
)
def test_dates_are_read_as_exports_write_them(text: str, iso: str, has_time: bool) -> None:
    at, known = moment(text, PORTLAND)
    assert (at.astimezone(PORTLAND).isoformat(), known) == (iso, has_time)


def test_a_cancellation_is_late_or_early_by_its_own_date() -> None:
    start = moment("2026-03-02 10:00", PORTLAND)[0]
    assert outcome_of("Canceled", start, start - timedelta(hours=3)) == "late_cancel"
    assert outcome_of("cancelled", start, start - timedelta(days=3)) == "early_cancel"
    assert outcome_of("No-Show", start, None) == "no_show"
    with pytest.raises(ValueError, match="not one that we know"):
        outcome_of("teleported", start, None)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"\x00\x01\x02", "fewer than two"),
        (b"a,b\n1,2\n", "--client COLUMN"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(
    transactional_db: None, tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "past.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=why):
        call_command("replay", str(path), "--yes", stdout=StringIO())


def test_an_export_of_another_house_is_read_as_it_is(tmp_path: Path) -> None:
    """Semicolons, an old encoding, an hour in its own column, the day first, 1.540,00."""
    path = tmp_path / "past.csv"
    lines = ["Client;Date;Start Time;Status;Total", "Zoë;13/02/2026;2:30 PM;completed;1.540,00 €"]
    path.write_bytes("\r\n".join([*lines, "Bo;03/02/2026;;no show;"]).encode("cp1252"))
    table = table_of(path)
    columns = guess(table.header, {})
    assert (columns.start, columns.time) == ("Date", "Start Time")
    (zoe, bo), odd = rows_of(table, columns, PORTLAND)
    assert odd == []
    assert (zoe.client, zoe.price, zoe.time_known) == ("Zoë", Decimal("1540.00"), True)
    assert zoe.starts_at.astimezone(PORTLAND).isoformat() == "2026-02-13T14:30:00-08:00"
    assert bo.starts_at.astimezone(PORTLAND).date() == date(2026, 2, 3)
    assert not bo.time_known


def test_a_start_time_alone_is_day_and_hour() -> None:
    columns = guess(["Client", "Start Time", "Status"], {})
    assert (columns.start, columns.time) == ("Start Time", "")


def test_lines_that_cannot_be_read_are_named_and_left_out(
    transactional_db: None, tmp_path: Path
) -> None:
    path = tmp_path / "past.csv"
    path.write_text(
        "client,date,status\nDana,2026-01-05,attended\n,2026-01-05,attended\nBo,x,attended\n"
    )
    said = StringIO()
    call_command("replay", str(path), "--yes", stdout=said)
    assert "Line 3: no client" in said.getvalue()
    assert "1 bookings, 1 drafts" in said.getvalue()
