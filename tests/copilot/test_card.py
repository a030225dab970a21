"""What a card says about a draft: whom it is for, when, and each of it once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.actions import SendMessage
from approvals.manual import step_for
from approvals.models import ApprovalItem
from core import clock
from integrations.models import User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
# A Monday, ten in the morning in Los Angeles.
NOW = datetime(2026, 6, 15, 17, tzinfo=UTC)


@pytest.fixture
def desk() -> Any:
    with clock.frozen(NOW):
        yield desk_make()


def card(desk: Desk, item: ApprovalItem) -> tuple[str, list[str]]:
    """(the heading, the parts of the line below it)."""
    browser = Visitor()
    maria = User.objects.filter(email="maria@example.com").first()
    browser.force_login(maria or desk.person("Maria Ruiz"))
    html = browser.get(f"/drafts/{item.pk}/", headers={"HX-Request": "true"}).content.decode()
    heading = re.search(r"<h2[^>]*>(.*?)</h2>", html)
    line = re.search(r'<div class="meta">(.*?)</div>', html)
    assert heading and line
    return heading[1], re.findall(r"<span>(.*?)</span>", line[1])


def test_the_heading_names_the_client_and_the_hour_is_said_once(desk: Desk) -> None:
    client = desk.client("Dana", "King")
    friday = datetime(2026, 6, 19, 21, 30, tzinfo=UTC)
    visit = desk.appointment(client, starts_at=friday, staff_name="Sarah Lind")
    item = desk.draft(
        client,
        title="Confirm Friday 2:30 pm with Sarah",
        appointment_id=visit.pk,
        due_at=friday,
        tag="likely no-show",
    )
    assert card(desk, item) == (
        "Dana K. · Confirm Friday 2:30 pm with Sarah",
        ["Keratin treatment", "$120", "likely no-show"],
    )


def test_what_the_heading_leaves_out_stands_below_it(desk: Desk) -> None:
    client = desk.client("Dana", "King")
    tomorrow = datetime(2026, 6, 16, 21, 30, tzinfo=UTC)
    visit = desk.appointment(client, starts_at=tomorrow, staff_name="Sarah Lind")
    confirm = desk.draft(
        client, title="Confirm Tuesday 2:30 pm", appointment_id=visit.pk, due_at=tomorrow, tag=""
    )
    assert card(desk, confirm)[1] == ["Keratin treatment", "tomorrow", "with Sarah Lind", "$120"]
    ApprovalItem.objects.filter(pk=confirm.pk).update(
        title="Aftercare for Keratin treatment",
        due_at=tomorrow + timedelta(days=1),
        moment="the day after the visit ends",
    )
    heading, line = card(desk, confirm)
    assert heading == "Dana K. · Aftercare for Keratin treatment"
    assert line[1] == "tomorrow at 2:30 pm"
    assert line[-1] == "the day after the visit ends Wednesday at 2:30 pm"


def test_a_title_that_names_the_client_is_not_given_the_name_twice(desk: Desk) -> None:
    item = desk.draft(desk.client("Dana", "King"), title="Confirm Dana's visit")
    assert card(desk, item)[0] == "Confirm Dana&#x27;s visit"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+16175550100", "(617) 555-0100"),
        ("+442079460958", "+44 20 7946 0958"),
        ("12", "12"),
    ],
)
def test_a_step_by_hand_shows_a_telephone_and_links_the_number(
    desk: Desk, stored: str, shown: str
) -> None:
    item = desk.draft(desk.client("Dana", "King"))
    text = SendMessage(client="cli_1", location="loc_1", channel="sms", address=stored, body="Hi")
    step = step_for(item, text)
    assert step.what == f"Text Dana K. at {shown}."
    assert step.link.startswith(f"sms:{stored}?") and step.call == f"tel:{stored}"


def test_best_times_are_spelled_like_every_other_hour(desk: Desk) -> None:
    windows = [{"days": "M-W----", "from": "17:00", "to": "20:30"}, {"from": "early", "to": "9"}]
    client = desk.client("Dana", "King", preferences={"windows": windows})
    browser = Visitor()
    browser.force_login(desk.person("Maria Ruiz"))
    said = browser.get(f"/drafts/{desk.draft(client).pk}/").content.decode()
    assert "Mon Wed 5 pm to 8:30 pm, any day early to 9" in said
