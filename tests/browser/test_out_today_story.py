"""Sarah is out: nine clients are cared for from one page, and the salon's own history shows exactly
what was approved, to whom, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from approvals.models import AbsenceLine
from core import clock
from integrations.models import Appointment, Location
from tests.support.played import Played

pytestmark = pytest.mark.browser
PERSONA = "Front desk, both locations"
NINE = ("Ada", "Bea", "Cleo", "Dora", "Edda", "Fay", "Gwen", "Hope", "Ines")
HALF = timedelta(minutes=30)
MORE = " Parking is behind the house."


@dataclass
class Nine:
    """Nine half hours in a row with one therapist, each with a client of their own."""

    salon: Played
    place: Location
    staff: dict[str, Any]
    starts: datetime
    visits: dict[str, dict[str, Any]]

    def visit(self, client: str) -> dict[str, Any]:
        """The appointment as the salon's own calendar has it."""
        return dict(self.salon.remote.get(f"record/{self.visits[client]['id']}"))

    def line(self, client: str) -> AbsenceLine:
        return AbsenceLine.objects.get(client__external_id=client)

    def sent(self, client: str) -> list[str]:
        return [one["body"] for one in self.salon.texts(client)]


def a_row_of_nine(salon: Played) -> tuple[dict[str, Any], str, str, datetime]:
    """(therapist, service, location, first start): nine free half hours, two days ahead or more."""
    service = next(
        one for one in salon.remote.get("records/service")["data"]
        if one["durationMinutes"] == 30 and one["skill"] == "massage"
    )  # fmt: skip
    staff = {one["id"]: one for one in salon.remote.get("records/staff")["data"]}
    begin = clock.now() + timedelta(days=2)
    for place in service["locationIds"]:
        free: dict[str, set[datetime]] = {}
        for slot in free_slots(salon, service["id"], place, begin):
            at = datetime.fromisoformat(slot["startTime"])
            free.setdefault(slot["staffId"], set()).add(at)
        for person, starts in sorted(free.items()):
            for first in sorted(starts):
                if all(first + n * HALF in starts for n in range(len(NINE))):
                    return staff[person], service["id"], place, first
    raise AssertionError("nobody has nine free half hours in a row")


def free_slots(salon: Played, service: str, place: str, begin: datetime) -> list[dict[str, Any]]:
    answer = httpx.get(
        f"{salon.sandbox}/v1/availability",
        headers={"Authorization": f"Bearer {salon.token}"},
        params={
            "locationId": place,
            "serviceId": service,
            "from": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
            "to": f"{begin + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}",
        },
    )
    return list(answer.raise_for_status().json()["data"])


@pytest.fixture
def nine(played_stack: Played) -> Nine:
    person, service, place, first = a_row_of_nine(played_stack)
    visits = {}
    for n, name in enumerate(NINE):
        client = played_stack.client(name, "Story", f"+12135550{201 + n}")
        at = first + n * HALF
        visits[client] = played_stack.remote.act(
            "book", clientId=client, serviceId=service, locationId=place, staffId=person["id"],
            startTime=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        )  # fmt: skip
    known = Appointment.objects.filter(client__external_id__in=visits, staff__isnull=False)
    played_stack.until(lambda: known.count() == len(NINE), "the bookings never came")
    # The hour at which this runs is nobody's quiet hour.
    Location.objects.update(quiet_from="00:00", quiet_until="00:00")
    return Nine(played_stack, Location.objects.get(external_id=place), person, first, visits)


def opened(page: Any, nine: Nine) -> None:
    """Sign in, say who is out and from when until when."""
    zone = ZoneInfo(nine.place.timezone)
    starts = nine.starts.astimezone(zone)
    ends = (nine.starts + len(NINE) * HALF).astimezone(zone)
    page.goto(nine.salon.desk)
    page.get_by_role("button", name=PERSONA).click()
    page.wait_for_selector("#list")
    page.goto(f"{nine.salon.desk}/out-today/?location={nine.place.pk}")
    choice = page.locator("#staff option", has_text=nine.staff["name"]).first
    page.select_option("#staff", choice.get_attribute("value"))
    page.fill("#day", f"{starts:%Y-%m-%d}")
    page.fill("#from_time", f"{starts:%H:%M}")
    page.fill("#until_time", f"{ends:%H:%M}")
    page.get_by_role("button", name="Show who is affected").click()
    page.get_by_role("heading", name="9 clients affected").wait_for()


def row(page: Any, line: AbsenceLine) -> Any:
    return page.locator(f"#line-{line.pk}")


def test_nine_clients_are_cared_for_and_the_salon_shows_exactly_that(page: Any, nine: Nine) -> None:
    salon = nine.salon
    opened(page, nine)
    clients = list(nine.visits)
    edited, called = nine.line(clients[0]), nine.line(clients[-1])
    assert all(nine.line(one).kind != "call" for one in clients)

    # One text is changed by hand, one client is to be called instead.
    part = row(page, edited)
    part.locator("summary", has_text="Change the text").click()
    box = part.locator(f"#body-{edited.pk}")
    box.fill(box.input_value() + MORE)
    part.get_by_role("button", name="Save the text").click()
    page.get_by_text("Your words are saved. Nothing was sent yet.").wait_for()
    part = row(page, called)
    part.locator("summary", has_text="Another proposal").click()
    part.get_by_role("button", name="Call them instead").click()
    page.get_by_text("Nothing was sent yet.").wait_for()
    salon.work()
    assert [nine.sent(one) for one in clients] == [[]] * len(NINE)

    # One by itself, then all the others with one press.
    alone = nine.line(clients[1])
    row(page, alone).get_by_role("button", name="Approve Bea S.").click()
    page.get_by_role("button", name="Approve all 7").click()
    approved = AbsenceLine.objects.filter(absence=edited.absence_id, state="approved")
    salon.until(lambda: approved.count() == 8, "eight were not approved")
    salon.moment_to_undo_passes()
    salon.until(lambda: all(nine.sent(one) for one in clients[:-1]), "somebody was not told")

    asked = [told_exactly(nine, one) for one in clients[:-1]]
    assert nine.sent(clients[0])[0].endswith(MORE.strip())
    untouched(nine, clients[-1])
    page.goto(f"{salon.desk}/to-call/")
    page.get_by_text("Ines Story").first.wait_for()

    if any(asked):
        says_yes(nine, next(one for one, waits in zip(clients, asked, strict=False) if waits))


def told_exactly(nine: Nine, client: str) -> bool:
    """One text, the approved one; the calendar as it says. True where they were only asked."""
    line, visit, was = nine.line(client), nine.visit(client), nine.visits[client]
    assert nine.sent(client) == [line.body]
    kept = ("startTime", "status")
    assert [visit[key] for key in kept] == [was[key] for key in kept]
    same_time = line.kind == "same_time"
    assert (visit["staffId"] != was["staffId"]) == same_time
    changes = nine.salon.remote.get("history", kind="effect", subject=was["id"])["data"]
    wanted = ["appointment.booked", "appointment.moved"] if same_time else ["appointment.booked"]
    assert [one["action"] for one in changes] == wanted
    return not same_time


def untouched(nine: Nine, client: str) -> None:
    assert nine.sent(client) == []
    visit, was = nine.visit(client), nine.visits[client]
    assert [visit[key] for key in ("startTime", "staffId", "status")] == [
        was[key] for key in ("startTime", "staffId", "status")
    ]


def says_yes(nine: Nine, client: str) -> None:
    """Only now their appointment is moved, and they read so."""
    line = nine.line(client)
    nine.salon.remote.act("text", clientId=client, body=line.yes_digit)
    nine.salon.until(lambda: len(nine.sent(client)) == 2, "their yes was not answered")
    assert nine.sent(client)[1] == line.done_body
    assert nine.visit(client)["startTime"] != nine.visits[client]["startTime"]
