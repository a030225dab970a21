"""The quality page: right for whom, numbers that add up, and few statements at any length."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from agents.models import AgentConfig
from approvals.models import (
    ApprovalItem,
    Decision,
    LocationTrust,
    ObservedDraft,
    StandingGrant,
)
from copilot.quality.page import QualityPage, quality_page
from core import clock
from core.models import AuditEvent
from integrations.models import Location, User
from tests.support.desks import Desk, desk_make
from tests.support.drafted import drawn, made, month

pytestmark = pytest.mark.django_db
PAGE = "/quality/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor View")


@pytest.fixture
def manager(desk: Desk) -> User:
    return desk.person("Olga Owner", "manager", desk.locations[0])


def signed_in(user: User) -> Visitor:
    browser = Visitor()
    browser.force_login(user)
    return browser


def page_of(desk: Desk, user: User, days: int = 30) -> QualityPage:
    return quality_page(user=user, places=desk.locations, place=desk.location, days=days)


def test_who_may_look_and_where(desk: Desk, manager: User) -> None:
    assert signed_in(desk.person("Dora Desk")).get(PAGE).status_code == 403
    assert signed_in(desk.person("Tess Therapist", "provider")).get(PAGE).status_code == 403
    browser = signed_in(manager)
    assert browser.get(PAGE).status_code == 200
    assert browser.get(f"{PAGE}?location={desk.locations[0].pk}").status_code == 200
    assert browser.get(f"{PAGE}?location={desk.locations[1].pk}").status_code == 404
    assert browser.get(f"{PAGE}?location=99999").status_code == 404
    assert "Quality" in browser.get("/").content.decode()
    assert PAGE not in signed_in(desk.person("Ina Desk")).get("/").content.decode()


def test_nothing_yet_says_so(desk: Desk, manager: User) -> None:
    shown = signed_in(manager).get(PAGE).content.decode()
    assert "No draft in this time" in shown and "<svg" not in shown


def test_every_draft_is_counted_once_as_what_became_of_it(desk: Desk, manager: User) -> None:
    people = [desk.person(f"P{n} Desk") for n in range(3)]
    month(desk, people)
    made(desk, "pending", None)
    made(desk, "sent", people[0], said=["approve"], days_ago=40)
    made(desk, "sent", people[0], said=["approve"], seeded=False, stage="observe")
    made(desk, "sent", people[0], said=["approve"], location=desk.locations[1])
    ApprovalItem.objects.create(
        connection=desk.connection, location=desk.location, agent="confirmation",
        subject="seeded:1", state="withdrawn", pending_at=clock.now(), seeded=True,
    )  # fmt: skip
    (one,) = page_of(desk, manager).agents
    total = one.total.version
    counted = (total.drafts, total.unedited, total.edited, total.rejected, total.decided)
    assert counted == (31, 24, 4, 2, 30)
    assert (total.checked, total.not_found, one.total.not_found) == (31, 4, "13 %")
    assert one.reasons == [("Wrong fact", 2)]
    assert one.total.unedited is not None
    assert (one.total.share, one.total.between) == ("80 %", "63 % to 90 %")
    assert one.lines[0].version.model == "gpt-5-mini"
    shown = signed_in(manager).get(PAGE).content.decode()
    assert "<svg" in shown and "style=" not in shown
    assert "wrong fact (2)" in shown and "63 % to 90 %" in shown


def test_prompts_and_models_stand_on_lines_of_their_own(desk: Desk, manager: User) -> None:
    made(desk, "sent", manager, said=["approve"], run={"model": "gpt-5"})
    made(desk, "sent", manager, said=["approve"], run={"writer": "template", "model": ""})
    fallen = {"writer": "template", "model": "", "fallback": "it took too long"}
    made(desk, "sent", manager, said=["approve"], run=fallen)
    (one,) = page_of(desk, manager).agents
    assert [line.version.model for line in one.lines] == ["", "gpt-5"]
    assert one.total.version.fallbacks == 1
    assert one.total.version.cost == Decimal("0.006")


def test_too_few_is_said_and_never_a_share(desk: Desk, manager: User) -> None:
    made(desk, "sent", manager, said=["approve"])
    shown = signed_in(manager).get(PAGE).content.decode()
    assert "Not enough data yet (n = 1)" in shown and "100 %" not in shown


def test_drift_is_told_with_n_and_an_interval(desk: Desk, manager: User) -> None:
    people = [desk.person(f"P{n} Desk") for n in range(3)]
    month(desk, people)
    assert "Not enough data yet to compare" in page_of(desk, manager).agents[0].drift.sentence
    for _ in range(25):
        made(desk, "sent", people[0], said=["edit", "approve"], days_ago=45)
    drift = page_of(desk, manager).agents[0].drift
    assert drift.enough and drift.sentence.startswith("More go unedited than in the 30 days")
    assert "+80 points" in drift.sentence and "n = 30 and 25" in drift.sentence


def test_nobodys_speed_is_shown_to_anybody_else(desk: Desk, manager: User) -> None:
    dora = desk.person("Dora Desk")
    for _ in range(30):
        made(desk, "sent", dora, said=["approve"], seconds=7.25)
    shown = signed_in(manager).get(PAGE).content.decode()
    assert "7.2" not in shown and "Too few people to show" in shown
    for name in ("Tom Desk", "Uma Desk"):
        user = desk.person(name)
        made(desk, "sent", user, said=["approve"], seconds=7.25)
    assert "7.2 s" in signed_in(manager).get(PAGE).content.decode()
    assert "Yours" not in signed_in(manager).get(PAGE).content.decode()
    for _ in range(10):
        made(desk, "sent", manager, said=["approve"], seconds=3.5)
    assert "Yours, which only you see: 3.5 s" in signed_in(manager).get(PAGE).content.decode()


def test_the_holdout_is_compared_by_client_with_intervals_and_a_plain_sentence(
    desk: Desk, manager: User
) -> None:
    for number in range(25):
        drawn(desk, number, holdout=False, came=number < 24, again=number < 20)
        drawn(desk, number, holdout=True, came=number < 12, again=number < 11)
    # Neither who could not have drawn the standard text nor a second draft of a client counts.
    made(desk, "sent", None, run={"compared": False})
    (one,) = page_of(desk, manager, 90).agents
    two = one.compared
    assert two is not None
    assert (two.model.clients, two.model.came, two.model.missed) == (25, 24, 1)
    assert (two.standard.clients, two.standard.came, two.standard.missed) == (25, 12, 13)
    assert two.came.sentence.startswith("The model's text does better")
    assert (two.model.rebooked, two.model.ripe) == (20, 24)
    assert two.rebooked.sentence.startswith("Not enough data yet: 24 with")
    assert two.ticket.sentence.startswith("More was paid after the model's text")
    assert (two.model.ticket.n, round(two.model.ticket.mean)) == (24, 133)
    shown = signed_in(manager).get(f"{PAGE}?days=90").content.decode()
    assert "24 of 25" in shown and "Newcombe" in shown


def test_what_was_only_watched_stands_beside_what_staff_did(desk: Desk, manager: User) -> None:
    item = made(desk, "missed", None, stage="observe")
    ObservedDraft.objects.create(
        item=item, location=desk.location, agent="confirmation", outcome="same", minutes=42,
        drafted_at=clock.now() - timedelta(days=1),
    )  # fmt: skip
    shown = signed_in(manager).get(PAGE).content.decode()
    assert "Only watched" in shown and "42 min" in shown


def statements(run: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as asked:
        run()
    return len(asked)


def test_a_long_history_costs_no_more_statements(desk: Desk, manager: User) -> None:
    browser = signed_in(manager)
    made(desk, "sent", manager, said=["approve"])
    few = statements(lambda: browser.get(PAGE))
    month(desk, [manager])
    assert statements(lambda: browser.get(PAGE)) == few <= 40
    every = statements(lambda: page_of(desk, manager))
    assert every <= 25


def trust_form(place: Location, **fields: Any) -> dict[str, Any]:
    return {
        "location": place.pk,
        "seeded_percent": 3,
        "earn_after": 40,
        "most_value": "150",
    } | fields


def test_a_manager_sets_tests_and_what_is_to_be_earned(desk: Desk, manager: User) -> None:
    browser = signed_in(manager)
    assert browser.post(f"{PAGE}settings/", trust_form(desk.location)).status_code == 302
    trust = LocationTrust.objects.get()
    assert (trust.seeded_percent, trust.earn_after, trust.most_value) == (3, 40, Decimal(150))
    assert AuditEvent.objects.filter(
        action="trust.set", subject=f"trust:{desk.location.pk}"
    ).exists()
    wrong = browser.post(f"{PAGE}settings/", trust_form(desk.location, seeded_percent=50))
    assert wrong.status_code == 422
    assert "Between 0 and 10, please." in wrong.content.decode()
    elsewhere = browser.post(f"{PAGE}settings/", trust_form(desk.locations[1]))
    assert elsewhere.status_code == 404
    dora = signed_in(desk.person("Dora Desk"))
    assert dora.post(f"{PAGE}settings/", trust_form(desk.location)).status_code == 403
    assert LocationTrust.objects.count() == 1


def test_what_was_earned_is_proposed_granted_and_ended_on_the_page(
    desk: Desk, manager: User
) -> None:
    from agents.earning import records_of

    LocationTrust.objects.create(location=desk.location, earn_after=1)
    AgentConfig.objects.create(connection=desk.connection, agent="confirmation", enabled=True)
    record = next(one for one in records_of(desk.location) if one.agent.name == "confirmation")
    item = made(desk, "sent", None, text={"writer": "template", "template_version": record.version})
    Decision.objects.create(
        item=item, kind="approve", scope="item", revision=item.revision, actor=manager,
        actor_name="x",
    )  # fmt: skip
    browser = signed_in(manager)
    assert "Confirmation could go by itself" in browser.get(PAGE).content.decode()
    order = {"location": desk.location.pk, "agent": "confirmation", "version": record.version}
    dora = signed_in(desk.person("Dora Desk"))
    assert dora.post(f"{PAGE}let-go/", order).status_code == 403
    assert browser.post(f"{PAGE}let-go/", order | {"version": "other"}).status_code == 302
    assert not StandingGrant.objects.exists()
    assert browser.post(f"{PAGE}let-go/", order).status_code == 302
    grant = StandingGrant.objects.get()
    shown = browser.get(PAGE).content.decode()
    assert "End: Confirmation" in shown and "could go by itself" not in shown
    assert "Confirmation" in browser.get("/approved-beforehand/").content.decode()
    stranger = signed_in(desk.person("Eva Far", "manager", desk.locations[1]))
    assert stranger.post(f"{PAGE}{grant.pk}/end/").status_code == 404
    assert browser.post(f"{PAGE}{grant.pk}/end/").status_code == 302
    grant.refresh_from_db()
    assert grant.revoked_at is not None
