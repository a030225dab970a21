"""Reviews week by week, by theme and by whose visits they were: for managers only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from agents.feedback.themes import THEMES, themes_of
from approvals.models import ApprovalItem
from approvals.permissions import rights_of
from copilot.digest.reviews import Shown, reviews_read, theme_label
from core import clock
from integrations.models import Feedback, StaffMember
from tests.support.digests import HALF_PAST, Morning, morning_make

pytestmark = pytest.mark.django_db
PAGE = "/digest/reviews/"


@pytest.fixture
def morning() -> Iterator[Morning]:
    with clock.frozen(HALF_PAST):
        yield morning_make("Maple Street", "Harbor")


def review(
    morning: Morning, days_ago: float, rating: int | None, text: str = "", **fields: Any
) -> Feedback:
    fields.setdefault("location", morning.place)
    return Feedback.objects.create(
        connection=morning.desk.connection, external_id=f"fbk_{Feedback.objects.count()}",
        client=fields.pop("client", None) or morning.desk.client(),
        given_at=HALF_PAST - timedelta(days=days_ago), rating=rating, text=text, **fields,
    )  # fmt: skip


def shown_of(morning: Morning) -> Shown:
    return reviews_read(rights_of(morning.manager), morning.place, clock.now())


def page_of(morning: Morning, path: str = PAGE, role: str = "manager") -> Any:
    visitor = Visitor()
    visitor.force_login(
        morning.manager if role == "manager" else morning.desk.person("Tom Bell", role)
    )
    return visitor.get(path)


@pytest.mark.parametrize(
    ("text", "themes"),
    [
        ("I waited an hour and the room was cold.", ("waiting", "room")),
        ("Rude, and they charged me twice!", ("manner", "price")),
        ("Burnt my scalp. The result is uneven.", ("result", "body")),
        ("Esperé una hora y la sala estaba sucia", ("waiting", "clean", "room")),
        ("Nobody replied when I tried to reschedule", ("booking",)),
        ("The color came out darker than we agreed.", ("result",)),
        ("My skin was red for two days.", ("body",)),
        ("Lovely.", ()),
        ("", ()),
    ],
)
def test_a_review_is_about_what_its_words_name(text: str, themes: tuple[str, ...]) -> None:
    assert themes_of(text) == themes


def test_every_theme_has_words_for_the_page() -> None:
    assert len({theme_label(name) for name in THEMES}) == len(THEMES)


def test_weeks_are_counted_by_local_monday_and_by_mood(morning: Morning) -> None:
    review(morning, 0.1, 5, "Wonderful.")
    review(morning, 1, 1, "I waited an hour.")
    review(morning, 8, 3)
    review(morning, 7, 5, "Never again. They ruined my hair.")
    review(morning, 200, 1)
    review(morning, 1, 1, location=morning.desk.locations[1])
    review(morning, 1, 1, deleted_at=HALF_PAST)
    weeks = shown_of(morning).weeks
    assert len(weeks) == 12 and all(week.monday.weekday() == 0 for week in weeks)
    assert [(week.kind, week.so_so, week.unhappy) for week in weeks[-2:]] == [(0, 1, 1), (1, 0, 1)]
    assert sum(week.total for week in weeks) == 4


def test_a_theme_is_told_against_four_weeks_before_from_twenty_reviews_on(
    morning: Morning,
) -> None:
    review(morning, 2, 1, "I waited for an hour.")
    (line,) = shown_of(morning).themes
    assert (line.label, line.unhappy, line.before) == ("Waiting, time", 1, 0)
    assert line.said == "not enough data yet"
    for number in range(24):
        review(morning, 3, 1 if number < 12 else 5, "They were so late." if number < 12 else "")
        review(morning, 40, 5, "On time!" if number < 3 else "")
    (line,) = shown_of(morning).themes
    assert (line.unhappy, line.before, line.said) == (13, 0, "more than before")


def test_whose_visits_they_were_is_told_by_the_visit_or_the_last_one(morning: Morning) -> None:
    desk = morning.desk
    sarah, kim = desk.staff("Sarah Lind"), desk.staff("Kim Moss")
    for number in range(12):
        dana = desk.client(f"D{number}")
        visit = morning.visit(dana, hours=-100, status="completed", staff=sarah, risk="low")
        linked = visit if number % 2 else None
        review(morning, 3, 4 + number % 2, client=dana, appointment=linked)
    lou = desk.client("Lou")
    visit = morning.visit(lou, hours=-100, status="completed", staff=kim, risk="low")
    review(morning, 2, 1, "So rude.", client=lou, appointment=visit)
    review(morning, 2, 5)
    lines = shown_of(morning).staff
    assert [one.name for one in lines] == ["Kim Moss", "Sarah Lind", ""]
    assert (lines[0].unhappy, lines[0].about) == (1, "Manner, listening")
    assert lines[0].mean == "not enough data yet (n = 1 of 10)"
    assert lines[0].lately == "1 of 1"
    assert lines[1].mean == "4.5, between 4.2 and 4.8 (n = 12)"
    StaffMember.objects.filter(pk=kim.pk).update(active=False)
    assert shown_of(morning).staff[0].name == "Kim Moss"


def test_the_page_shows_what_they_wrote_as_text_and_leads_to_the_answer(morning: Morning) -> None:
    row = review(morning, 1, 1, "<script>alert(1)</script> I waited.")
    item = morning.desk.draft(row.client, agent="feedback")
    ApprovalItem.objects.filter(pk=item.pk).update(subject=f"feedback:{row.pk}")
    said = page_of(morning, f"{PAGE}?location={morning.place.pk}").content.decode()
    assert "&lt;script&gt;alert(1)" in said and "<script>alert" not in said
    assert f"/drafts/{item.pk}/" in said
    assert "Waiting, time" in said and "<svg" in said and "style=" not in said


def test_a_salon_without_reviews_is_told_so_and_a_gone_client_is_not_named(
    morning: Morning,
) -> None:
    assert "Not enough data yet" in page_of(morning).content.decode()
    gone = morning.desk.client("Zoe", deleted_at=HALF_PAST)
    review(morning, 1, 1, "Dirty towels.", client=gone)
    said = page_of(morning, f"{PAGE}?location={morning.place.pk}").content.decode()
    assert "Dirty towels." in said and "Zoe" not in said


def test_it_asks_the_same_few_things_however_many_there_are(morning: Morning) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            shown_of(morning)
        return len(captured)

    review(morning, 1, 1, "I waited.")
    few = asked()
    for number in range(30):
        review(morning, number, 1 + number % 5, "I waited.")
    assert asked() == few <= 4


@pytest.mark.parametrize("role", ["front_desk", "provider"])
@pytest.mark.parametrize(
    "path",
    ["/digest/", "/digest/week/", PAGE, "/digest/settings/", "/clients-coming-back/",
     "/clients-coming-back/segments.csv", "/impact/", "/impact/letter/", "/quality/", "/audit/"],
)  # fmt: skip
def test_nobody_but_a_manager_opens_any_of_the_managers_pages(
    morning: Morning, role: str, path: str
) -> None:
    assert page_of(morning, path, role).status_code in (403, 404)
    assert page_of(morning, path).status_code == 200


def test_a_location_that_is_not_ones_own_is_not_there(morning: Morning) -> None:
    assert page_of(morning, f"{PAGE}?location=999999").status_code == 404
    assert page_of(morning, f"{PAGE}?location={morning.place.pk}").status_code == 200
