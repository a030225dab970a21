"""The impact page and the letter: for whom, sums that add up, intervals, and "not enough yet"."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from agents.models import AgentRun, CheckoutCard, CheckoutIdea, Outreach
from approvals.models import Answer, ApprovalItem, CallOutcome, Decision, Opening
from approvals.permissions import rights_of
from copilot.impact.figures import Figure, money
from copilot.impact.letter import Letter, letter_of
from copilot.impact.models import ImpactAssumption
from copilot.impact.page import ImpactPage, impact_page
from copilot.impact.reading import pooled
from copilot.quality.stats import Sample, mean_interval
from core import clock
from core.models import AuditEvent
from integrations.models import Client, Connection, Consent, Location, Sale, SaleLine, Service, User
from tests.support.desks import Desk, desk_make
from tests.support.drafted import drawn, made

pytestmark = pytest.mark.django_db
PAGE, LETTER = "/impact/", "/impact/letter/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor View")


@pytest.fixture
def manager(desk: Desk) -> User:
    return desk.person("Ines Marlow", "manager")


def browser_of(user: User) -> Visitor:
    browser = Visitor()
    browser.force_login(user)
    return browser


def shown(user: User, url: str = PAGE) -> str:
    answer = browser_of(user).get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def places_now(desk: Desk) -> list[Location]:
    """As a page reads them, with their connection."""
    mine = [one.pk for one in desk.locations]
    rows = Location.objects.filter(pk__in=mine).select_related("connection")
    return list(rows.order_by("pk"))


def page_of(desk: Desk, place: Location | None = None, days: int = 30) -> ImpactPage:
    places = places_now(desk)
    chosen = next((one for one in places if place and one.pk == place.pk), None)
    return impact_page(places=places, place=chosen, days=days)


def figure(page: ImpactPage, key: str) -> Figure:
    return next(one for one in page.figures if one.key == key)


def began(days_ago: int) -> None:
    Connection.objects.update(live_since=clock.now() - timedelta(days=days_ago))


def visits(desk: Desk, n: int, missed: int, days_ago: float, place: Location | None = None) -> None:
    client = desk.client()
    for number in range(n):
        desk.appointment(
            client, location=place or desk.location, price=Decimal(80),
            starts_at=clock.now() - timedelta(days=days_ago, minutes=number),
            status="no_show" if number < missed else "completed",
        )  # fmt: skip


def opening(desk: Desk, number: int, state: str = "booked", **fields: Any) -> Opening:
    place = fields.pop("location", desk.location)
    at = clock.now() - timedelta(days=3, hours=number)
    return Opening.objects.create(
        connection=desk.connection, location=place, cause="cancelled", state=state,
        starts_at=at + timedelta(days=1), ends_at=at + timedelta(days=1, hours=1), opened_at=at,
        filled_at=at + timedelta(minutes=12) if state == "booked" else None,
        filled_by=desk.client("Ada", "Lo") if state == "booked" else None,
        price=Decimal(100), **fields,
    )  # fmt: skip


def sale(desk: Desk, number: int, retail: int, days_ago: float = 2) -> None:
    row = Sale.objects.create(
        connection=desk.connection, external_id=f"sale_{days_ago}_{number}",
        location=desk.location, total=100 + retail,
        closed_at=clock.now() - timedelta(days=days_ago),
    )  # fmt: skip
    SaleLine.objects.create(sale=row, kind="service", amount=100)
    if retail:
        SaleLine.objects.create(sale=row, kind="product", amount=retail)


def test_managers_and_admins_look_at_their_own_locations(desk: Desk) -> None:
    one = desk.person("Ines Marlow", "manager", desk.location)
    for role in ("front_desk", "provider"):
        person = browser_of(desk.person(f"{role.title()} P", role))
        assert person.get(PAGE).status_code == person.get(LETTER).status_code == 403
        assert person.post(f"{PAGE}assumptions/").status_code == 403
        assert PAGE not in person.get("/").content.decode()
    other = desk.locations[1].pk
    for url in (PAGE, LETTER):
        assert browser_of(one).get(f"{url}?location={other}").status_code == 404
        assert "Harbor View" not in shown(one, url)
    said = {"location": other, "call_minutes": "5"}
    assert browser_of(one).post(f"{PAGE}assumptions/", said).status_code == 404


def test_with_nothing_there_every_figure_says_that_there_is_not_enough(
    desk: Desk, manager: User
) -> None:
    page = page_of(desk)
    assert page.empty and all(not one.value and not one.enough for one in page.figures)
    said = shown(manager)
    assert said.count("Not enough data yet") >= len(page.figures)
    assert "<svg" not in said and "0 %" not in said
    letter = shown(manager, LETTER)
    assert "nothing was imported from before" in letter and "None yet." in letter


def test_filled_slots_are_counted_with_their_worth_an_interval_and_n(desk: Desk) -> None:
    for number in range(20):
        opening(desk, number, "booked" if number < 12 else "lapsed")
    opening(desk, 50, "offering")
    opening(desk, 51, "booked", location=desk.locations[1])
    one = figure(page_of(desk, desk.location), "openings")
    assert one.value == "$1,200"
    assert one.lines == [
        "12 of 20 that came free were filled.",
        "60 %, between 39 % and 78 % (n = 20).",
        "$100 each, between $100 and $100 (n = 12).",
    ]
    assert "Wilson" in one.how
    assert figure(page_of(desk), "openings").value == "$1,300"


def test_no_shows_are_compared_with_the_same_weeks_a_year_before(desk: Desk) -> None:
    began(30)
    visits(desk, 100, 5, 10)
    visits(desk, 100, 20, 10 + 364)
    one = figure(page_of(desk), "no-shows")
    assert one.value == "5 %"
    assert one.lines[0] == "5 %, between 2 % and 11 % (n = 100)."
    assert one.lines[1] == (
        "Better than the same weeks a year before by −15 points, between −24 and −6 (n = 100 then)."
    )
    assert [bar.label for bar in one.bars] == ["before", "now"]


def test_a_shorter_history_is_compared_with_the_days_before_the_copilot_began(desk: Desk) -> None:
    began(30)
    visits(desk, 40, 4, 10)
    visits(desk, 40, 4, 45)
    said = figure(page_of(desk), "no-shows").lines[1]
    assert said.startswith("No change can be told against as many days before the copilot began")
    assert "n = 40 then" in said


def test_a_copilot_of_two_days_is_compared_with_nothing(desk: Desk, manager: User) -> None:
    began(2)
    visits(desk, 60, 3, 1)
    visits(desk, 60, 12, 10)
    for number in range(20):
        sale(desk, number, 0, days_ago=1)
        sale(desk, number, 30, days_ago=120)
    page = page_of(desk, days=90)
    early = "Not enough data yet to compare: from 14 days of the copilot on."
    for key, line in (("no-shows", 1), ("returns", 1), ("retail", 2)):
        assert figure(page, key).lines[line] == early
    assert [bar.label for bar in figure(page, "no-shows").bars] == ["now"]
    assert early in shown(manager, LETTER)


def test_only_the_copilots_own_days_are_compared_and_with_as_many_before(desk: Desk) -> None:
    began(20)
    visits(desk, 40, 2, 10)
    visits(desk, 40, 20, 30)
    # Before the copilot, and longer ago than it works here: looked at, and compared with nothing.
    visits(desk, 40, 40, 60)
    one = figure(page_of(desk, days=90), "no-shows")
    assert one.value == "52 %"
    assert one.lines[1].startswith("Better than as many days before the copilot began by −45")
    assert "n = 40 then" in one.lines[1]
    assert [round(bar.found.value, 2) for bar in one.bars] == [0.5, 0.05]


def test_too_few_visits_are_no_share_and_no_comparison(desk: Desk) -> None:
    visits(desk, 19, 3, 10)
    one = figure(page_of(desk), "no-shows")
    assert not one.enough and one.value == ""
    assert one.lines[0] == "As a share: not enough data yet (n = 19)."


def test_the_services_of_one_visit_are_one(desk: Desk) -> None:
    client = desk.client()
    for number in range(20):
        for part in range(2):
            desk.appointment(
                client, visit_id=f"v{number}", status="completed" if number or part else "no_show",
                starts_at=clock.now() - timedelta(days=5, hours=number),
            )  # fmt: skip
    (numbers,) = [one for one in page_of(desk).figures if one.key == "no-shows"]
    assert numbers.lines[0] == "0 %, between 0 % and 16 % (n = 20)."


def test_the_holdout_is_told_with_its_interval_or_that_none_is_drawn(desk: Desk) -> None:
    assert "standard text" in figure(page_of(desk), "holdout").lines[1]
    for number in range(25):
        drawn(desk, number, holdout=False, came=number < 24)
        drawn(desk, number, holdout=True, came=number < 12)
    one = figure(page_of(desk, days=90), "holdout-confirmation")
    assert one.value == "−48 points"
    assert one.lines[1].startswith("Fewer are missed after the model's text")
    assert len(one.bars) == 2


def test_who_came_again_had_sixty_days_for_it(desk: Desk) -> None:
    for number in range(25):
        client = desk.client(f"C{number}")
        first = clock.now() - timedelta(days=70)
        desk.appointment(client, starts_at=first, status="completed")
        if number < 10:
            desk.appointment(client, starts_at=first + timedelta(days=30), status="completed")
    too_new = desk.client("New")
    desk.appointment(too_new, starts_at=clock.now() - timedelta(days=10), status="completed")
    one = figure(page_of(desk), "returns")
    assert one.lines[0] == "40 %, between 23 % and 59 % (n = 25)."


def test_retail_is_the_product_lines_of_checkouts(desk: Desk) -> None:
    began(30)
    for number in range(20):
        sale(desk, number, 30 if number < 5 else 0)
        sale(desk, number, 10 if number < 5 else 0, days_ago=40)
    one = figure(page_of(desk), "retail")
    assert one.value == "$150"
    assert one.lines[:2] == [
        "5 of 20 checkouts had a product.", "25 %, between 11 % and 47 % (n = 20)."
    ]  # fmt: skip
    assert "against as many days before the copilot began (n = 20 then)" in one.lines[2]


def test_who_was_won_back_is_told_against_those_left_alone(desk: Desk) -> None:
    ended = clock.now() - timedelta(days=3)
    for number in range(50):
        asked = number < 25
        Outreach.objects.create(
            client=desk.client(), location=desk.location, agent="winback", key="2026",
            held_out=not asked, watched_until=ended,
            came_at=ended if number in {*range(12), 30} else None,
        )  # fmt: skip
    Outreach.objects.create(
        client=desk.client(), location=desk.location, agent="winback", key="2026",
        watched_until=clock.now() + timedelta(days=9),
    )  # fmt: skip
    one = figure(page_of(desk), "won-back")
    assert one.value == "+44 points" and [bar.label for bar in one.bars] == ["left alone", "asked"]
    assert one.lines[0] == "Came again: 12 of 25 who were asked, 1 of 25 left alone."
    assert one.lines[1] == "That is +44 points apart, between +20 and +63."


def test_what_was_said_at_the_counter_and_bought_is_counted(desk: Desk) -> None:
    client = desk.client()
    card = CheckoutCard.objects.create(
        connection=desk.connection, location=desk.location, client=client, key="visit:1",
        appointment=desk.appointment(client), until=clock.now(),
    )  # fmt: skip
    for number in range(24):
        told = number < 20
        sold = number < 5 or number == 23
        CheckoutIdea.objects.create(
            card=card, location=desk.location, client=client, kind="product", name=f"Oil {number}",
            service=Service.objects.create(connection=desk.connection, external_id=f"s{number}"),
            made_at=clock.now() - timedelta(days=2), answer="said" if told else "not_now",
            sold_at=clock.now() if sold else None, sold_amount=20 if sold else None,
        )  # fmt: skip
    one = figure(page_of(desk), "said")
    assert one.value == "$100"
    assert one.lines == [
        "5 of 20 suggestions that were said were bought.",
        "25 %, between 11 % and 47 % (n = 20).",
        "Bought without being said: 1 of 4.",
    ]


def answered(desk: Desk, n: int, outcome: str = "confirmed") -> None:
    client = desk.client()
    for _ in range(n):
        message = desk.message(client, "1")
        Answer.objects.create(message=message, client=client, outcome=outcome)


def test_hours_of_phoning_are_answers_times_a_stated_assumption(desk: Desk, manager: User) -> None:
    answered(desk, 30)
    answered(desk, 7, "person")
    CallOutcome.objects.create(
        location=desk.location, client=Client.objects.all()[0], kind="voicemail", key="k",
        user_name="x", at=clock.now() - timedelta(days=1),
    )  # fmt: skip
    one = figure(page_of(desk), "phoning")
    assert one.value == "2.0 h"
    assert "30 answers" in one.lines[0] and "same: 1." in one.lines[0]
    assert one.lines[1].startswith("Between 1.0 h and 3.0 h")
    said = {"location": desk.location.pk, "call_minutes": "6", "hour_cost": "20"}
    assert browser_of(manager).post(f"{PAGE}assumptions/", said).status_code == 302
    one = figure(page_of(desk), "phoning")
    assert one.value == "3.0 h" and one.lines[-1] == "Worth $60 by the hour that was set."
    row = AuditEvent.objects.get(action="impact.assumed")
    assert (row.location, row.facts["call_minutes"]) == (str(desk.location.pk), "6")
    browser_of(manager).post(f"{PAGE}assumptions/", said)
    assert AuditEvent.objects.filter(action="impact.assumed").count() == 1
    everywhere = said | {"everywhere": "on", "call_minutes": "2"}
    browser_of(manager).post(f"{PAGE}assumptions/", everywhere)
    assert set(ImpactAssumption.objects.values_list("call_minutes", flat=True)) == {Decimal(2)}


@pytest.mark.parametrize("minutes", ["", "0", "31", "abc", "1e400", "NaN", "4.55"])
def test_an_assumption_out_of_range_says_the_range(desk: Desk, manager: User, minutes: str) -> None:
    said = {"location": desk.location.pk, "call_minutes": minutes}
    answer = browser_of(manager).post(f"{PAGE}assumptions/", said)
    assert answer.status_code == 422
    assert "Between half a minute and 30 minutes" in answer.content.decode()
    assert not ImpactAssumption.objects.exists()


def test_the_model_s_cost_adds_up_over_locations(desk: Desk, manager: User) -> None:
    for number in range(12):
        made(desk, "sent", manager, said=["approve"], location=desk.locations[number % 2])
    AgentRun.objects.update(cost=Decimal("0.01"))
    one = figure(page_of(desk), "cost")
    assert one.value == "$0.12" and one.lines[1].startswith("$0.01 a draft")
    assert figure(page_of(desk, desk.location), "cost").value == "$0.06"


def test_locations_stand_side_by_side_and_currencies_are_never_added(
    desk: Desk, manager: User
) -> None:
    opening(desk, 1)
    opening(desk, 2, location=desk.locations[1])
    assert [one.value for one in page_of(desk).sides] == ["$100", "$100"]
    Location.objects.filter(pk=desk.locations[1].pk).update(currency="EUR")
    desk.locations[1].refresh_from_db()
    page = page_of(desk)
    assert page.several_currencies and figure(page, "openings").value == "2"
    assert [one.value for one in page.sides] == ["$100", "100 EUR"]
    assert "different currencies" in shown(manager)


def test_both_pages_ask_the_same_few_things_whatever_there_is(desk: Desk, manager: User) -> None:
    def asked(url: str) -> int:
        browser = browser_of(manager)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url).status_code == 200
        return len(captured)

    few = asked(PAGE), asked(LETTER)
    visits(desk, 30, 3, 10)
    visits(desk, 30, 3, 10, desk.locations[1])
    for number in range(8):
        opening(desk, number, location=desk.locations[number % 2])
        made(desk, "sent", manager, said=["approve"], location=desk.locations[number % 2])
    assert asked(PAGE) == few[0]
    assert asked(LETTER) <= few[1] + 1


def test_the_page_draws_without_styles_and_says_its_numbers_in_tables(
    desk: Desk, manager: User
) -> None:
    visits(desk, 40, 4, 10)
    opening(desk, 1)
    said = shown(manager, PAGE + "?days=30")
    assert "<svg" in said and "style=" not in said and "<script>" not in said
    assert "The same as a table" in said and "Share and its interval" in said
    for query in ("?days=7", "?days=x", "?location=x"):
        assert browser_of(manager).get(PAGE + query).status_code in {200, 404}


# The letter


def letter(desk: Desk, user: User, *places: Location) -> Letter:
    return letter_of(user=user, rights=rights_of(user), places=list(places) or places_now(desk))


def told(made_: Letter) -> dict[str, str]:
    return {one.what: one.n for one in made_.counts}


def test_the_letter_counts_what_anybody_can_count(desk: Desk, manager: User) -> None:
    began(40)
    opening(desk, 1)
    answered(desk, 3)
    for state in ("missed", "sent"):
        item = made(desk, state, manager, said=["approve"], client=desk.client("Zoe"))
        ApprovalItem.objects.filter(pk=item.pk).update(
            closed_at=clock.now() - timedelta(days=2), value=90
        )
    Decision.objects.create(
        item=item, kind="undo", actor_name="x", at=clock.now() - timedelta(days=1)
    )
    said = told(letter(desk, manager))
    assert said["open slots filled"] == "1"
    assert said["answers that needed no call"] == "3"
    assert said["drafts that passed their moment undecided"] == "1"
    assert said["approvals taken back"] == "1"


def test_before_stands_beside_now_from_the_imported_history(desk: Desk, manager: User) -> None:
    began(35)
    visits(desk, 10, 1, 5)
    visits(desk, 12, 3, 50)
    rows = {what: (then, now) for what, then, now in letter(desk, manager).then_now}
    assert rows["visits that took place or were missed"] == ("12", "10")
    assert rows["of them missed"] == ("3", "1")
    assert rows["worth of what was missed"] == ("$240", "$80")


def test_good_cases_are_the_dearest_and_the_worst_one_is_named(desk: Desk, manager: User) -> None:
    for number, price in enumerate((40, 300, 120, 90)):
        Opening.objects.filter(pk=opening(desk, number).pk).update(price=price)
    page = letter(desk, manager)
    assert len(page.good) == 3 and page.good[0].text.endswith("12 min later ($300).")
    assert "Ada L." in page.good[0].text
    assert page.worst is None
    client = desk.client("Zoe", "Moss")
    item = made(desk, "missed", None, client=client, value=Decimal(70))
    ApprovalItem.objects.filter(pk=item.pk).update(closed_at=clock.now() - timedelta(days=1))
    worst = letter(desk, manager).worst
    assert worst is not None and "Zoe M." in worst.text and worst.item_id == item.pk
    sent = made(desk, "sent", None, client=client)
    at = clock.now() - timedelta(days=3)
    ApprovalItem.objects.filter(pk=sent.pk).update(closed_at=at)
    Consent.objects.filter(client=client, channel="sms", purpose="care").update(
        origin="here", granted=False, recorded_at=at + timedelta(hours=1)
    )
    worst = letter(desk, manager).worst
    assert worst is not None and "no more messages" in worst.text


def test_the_letter_shows_locations_side_by_side_and_how_to_leave(
    desk: Desk, manager: User
) -> None:
    said = shown(manager, LETTER)
    assert "Side by side" in said and "Harbor View" in said and "If you want to leave" in said
    assert "Side by side" not in shown(manager, f"{LETTER}?location={desk.location.pk}")


# The statistics of this page


def test_pooling_samples_is_the_same_as_one_sample() -> None:
    one, two = [1.0, 4.0, 2.5], [9.0, 3.0]
    both, at_once = pooled([Sample.of(one), Sample.of(two)]), Sample.of(one + two)
    assert both.n == at_once.n
    assert both.mean == pytest.approx(at_once.mean)
    assert both.variance == pytest.approx(at_once.variance)
    assert pooled([]) == Sample(0, 0.0, 0.0)


def test_a_mean_has_students_interval_from_ten_values_on() -> None:
    values = [float(n) for n in range(1, 11)]
    found = mean_interval(Sample.of(values))
    assert found is not None and found.value == 5.5
    # scipy.stats.t.interval(0.95, 9, loc=5.5, scale=0.957427): 3.334 to 7.666
    assert (found.low, found.high) == (
        pytest.approx(3.334, abs=0.01),
        pytest.approx(7.666, abs=0.01),
    )
    assert mean_interval(Sample.of(values[:9])) is None


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [(1440, "USD", "$1,440"), (Decimal("12.5"), "USD", "$12.50"), (0.004, "USD", "$0.0040"),
     (0, "USD", "$0"), (80, "EUR", "80 EUR"), (5, "", "")],
)  # fmt: skip
def test_money_is_written_as_the_desk_writes_it(value: Any, currency: str, said: str) -> None:
    assert money(value, currency) == said
