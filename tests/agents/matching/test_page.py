"""How people are chosen: seen by who may tune, tried on past slots, saved only when tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor
from django.urls import reverse

from agents.config import config_for
from agents.models import AgentConfig
from approvals.ladders.policy import answer_minutes
from approvals.models import Opening
from core import clock
from core.models import AuditEvent
from integrations.models import Location, User
from tests.agents.conftest import Salon
from tests.agents.test_open_slot import cancelled, hours, salon, waits
from tests.approvals import desk as desks
from tests.approvals.desk import location_make, person_make

pytestmark = pytest.mark.django_db
__all__ = ["salon"]
URL = "/waitlist/matching/"


def tuner(place: Location, name: str = "Olga") -> User:
    kept = desks.RIGHTS["manager"]
    desks.RIGHTS["manager"] = (*kept, "tune_agents")
    try:
        return person_make(name, place, "manager")
    finally:
        desks.RIGHTS["manager"] = kept


def visitor(user: User | None) -> Visitor:
    browser = Visitor()
    if user is not None:
        browser.force_login(user)
    return browser


def fields(browser: Visitor, place: Location, **changed: Any) -> dict[str, Any]:
    """The form as the page shows it, with some of it changed."""
    form = browser.get(URL, {"location": place.pk}).context["form"]
    said = {name: form[name].value() for name in form.fields}
    kept = {
        name: value
        for name, value in (said | changed).items()
        if value is not None and value is not False
    }
    return kept | {"location": place.pk}


def held(salon: Salon, name: str) -> Any:
    return config_for("open_slot", salon.location).settings.model_dump()[name]


def test_it_is_for_those_who_tune_agents_there(salon: Salon) -> None:
    far = location_make(salon.connection, "loc_far", name="Harbor View")
    maria = person_make("Maria", salon.location, "front_desk")
    olga, eva = tuner(salon.location), tuner(far, "Eva")
    assert reverse("matching") == URL
    assert visitor(None).get(URL).status_code == 302
    assert visitor(maria).get(URL).status_code == 403
    assert visitor(olga).get(URL).status_code == 200
    assert visitor(eva).get(URL, {"location": salon.location.pk}).status_code == 404
    assert visitor(eva).post(URL, {"location": salon.location.pk}).status_code == 404


def test_old_and_new_order_are_shown_side_by_side_before_anything_is_saved(salon: Salon) -> None:
    waits(salon, "Long", waiting_since=hours(-24 * 30))
    regular = salon.client("Regular", visit_count=40, total_spend=4000)
    waits(salon, "Regular", client=regular)
    cancelled(salon, hours(6))
    Opening.objects.update(filled_by=regular)
    browser = visitor(tuner(salon.location))
    wanted = fields(browser, salon.location, weight_waiting=0, weight_loyalty=60)
    tried = browser.post(URL, {**wanted, "act": "try"})
    page = tried.content.decode()
    assert tried.status_code == 200
    assert "The order would differ for 1 of 1 past openings" in page
    assert "stood at 2.0 on average, now 1.0" in page and "took it" in page
    (row,) = tried.context["compared"]
    assert [one.name for one in row.old] == ["Long K.", "Regular K."]
    assert [(one.name, one.words) for one in row.new] == [
        ("Regular K.", "1 up"),
        ("Long K.", "1 down"),
    ]
    assert held(salon, "weight_waiting") == 20, "trying writes nothing"
    token = tried.context["tried"]
    saved = browser.post(URL, {**wanted, "act": "save", "tried": token})
    assert saved.status_code == 302
    assert (held(salon, "weight_waiting"), held(salon, "weight_loyalty")) == (0, 60)
    assert AuditEvent.objects.filter(action="agent.configured").count() == 1


def test_what_was_not_tried_is_not_saved(salon: Salon) -> None:
    browser = visitor(tuner(salon.location))
    wanted = fields(browser, salon.location, mode="all")
    token = browser.post(URL, {**wanted, "act": "try"}).context["tried"]
    for said in (
        {**wanted, "act": "save"},
        {**wanted, "act": "save", "tried": "made-up"},
        {**wanted, "wave_size": 9, "act": "save", "tried": token},
    ):
        answer = browser.post(URL, said)
        assert answer.status_code == 422
        assert "Try it first" in answer.content.decode()
    assert held(salon, "mode") == "soon"


def test_a_location_gets_a_row_of_its_own_and_the_others_keep_theirs(salon: Salon) -> None:
    AgentConfig.objects.filter(agent="open_slot").update(location=None, settings={"full_days": 9})
    far = location_make(salon.connection, "loc_far")
    browser = visitor(tuner(salon.location))
    wanted = fields(browser, salon.location, lead_minutes=90)
    token = browser.post(URL, {**wanted, "act": "try"}).context["tried"]
    browser.post(URL, {**wanted, "act": "save", "tried": token})
    here, there = (config_for("open_slot", place) for place in (salon.location, far))
    assert here.enabled and there.enabled and here.stage == there.stage
    assert here.settings.model_dump()["lead_minutes"] == 90
    assert there.settings.model_dump()["lead_minutes"] == 60
    assert here.settings.model_dump()["full_days"] == there.settings.model_dump()["full_days"] == 9


@pytest.mark.parametrize(
    "wrong", [{"weight_fit": 101}, {"weight_fit": "many"}, {"mode": "shout"}, {"wave_size": 0}]
)
def test_what_cannot_be_set_is_refused_and_stays_in_the_form(
    salon: Salon, wrong: dict[str, Any]
) -> None:
    browser = visitor(tuner(salon.location))
    said = fields(browser, salon.location, cancellation_rule="Call a day before.") | wrong
    answer = browser.post(URL, {**said, "act": "try"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(wrong)
    assert "Call a day before." in answer.content.decode()


def test_without_past_openings_it_says_so_and_can_be_saved_all_the_same(salon: Salon) -> None:
    browser = visitor(tuner(salon.location))
    wanted = fields(browser, salon.location, offers_per_day=1)
    tried = browser.post(URL, {**wanted, "act": "try"})
    assert "There is no past opening to try it on yet" in tried.content.decode()
    browser.post(URL, {**wanted, "act": "save", "tried": tried.context["tried"]})
    assert held(salon, "offers_per_day") == 1


def test_the_time_to_answer_is_shown_and_set_for_one_location(salon: Salon) -> None:
    browser = visitor(tuner(salon.location))
    page = browser.get(URL, {"location": salon.location.pk})
    assert [one.value() for one in page.context["answering"]] == [10, 15, 30, 60, 120, 240]
    assert "How long each one has to answer" in page.content.decode()
    wanted = fields(browser, salon.location, answer_4_hours=25)
    tried = browser.post(URL, {**wanted, "act": "try"})
    browser.post(URL, {**wanted, "act": "save", "tried": tried.context["tried"]})
    policy = config_for("open_slot", salon.location).settings.policy()
    soon = clock.now() + timedelta(hours=3)
    assert answer_minutes(soon, clock.now(), policy.answer_table) == 25
    assert answer_minutes(soon, clock.now()) == 15
