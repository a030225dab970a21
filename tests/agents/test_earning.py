"""Trust is earned by unedited approvals without regret, and given by a manager alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.autonomy import autonomy_end, autonomy_grant, regrets_look
from agents.base import BaseSettings
from agents.config import config_for
from agents.earning import Record, can_earn, records_of
from agents.fixed import template_version
from agents.models import AgentConfig
from agents.registry import agents
from approvals.errors import NoRight, NotPossible
from approvals.models import ApprovalItem, LocationTrust, Mishap, StandingGrant
from approvals.services.decisions import (
    item_approve,
    item_edit,
    item_handled,
    item_regenerate,
    item_reject,
    item_undo,
)
from core import clock
from core.audit import Actor, audit_record
from core.models import AuditEvent
from integrations.models import Client, Consent, Feedback, Location, Message, User
from tests.agents.conftest import Salon
from tests.agents.helpers import booked, happen
from tests.approvals.desk import person_make

pytestmark = pytest.mark.django_db
SOON = timedelta(days=6, hours=3)
WANTED = 20


@pytest.fixture
def manager(salon: Salon) -> User:
    LocationTrust.objects.create(location=salon.location, earn_after=WANTED)
    salon.switch_on("confirmation", stage="review", settings={"use_model": False})
    return person_make("Sally", salon.location, "manager")


def record(salon: Salon) -> Record:
    return next(one for one in records_of(salon.location) if one.agent.name == "confirmation")


def drafted(salon: Salon, **fields: Any) -> ApprovalItem:
    """A confirmation of a known client's next booking, as the agent drafts it."""
    client = salon.client(first_name=f"Dana{salon.made}")
    salon.past(client, 40, **fields)
    Message.objects.create(
        connection=salon.connection,
        external_id=f"msg_{client.pk}",
        client=client,
        location=salon.location,
        incoming=False,
        channel="sms",
        sent_at=clock.now() - timedelta(days=40),
    )
    happen(booked(salon.book(client, clock.now() + SOON)))
    return ApprovalItem.objects.select_related("revision").latest("pk")


def approve(item: ApprovalItem, user: User) -> ApprovalItem:
    assert item.revision is not None, item.state_reason
    item_approve(
        user=user,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
        seconds=4,
    )
    return item


def earn(salon: Salon, user: User, number: int = WANTED) -> None:
    """So many clean approvals, and as many are enough."""
    LocationTrust.objects.update(earn_after=number)
    for _ in range(number):
        approve(drafted(salon), user)


def test_a_changed_word_or_setting_is_another_template() -> None:
    agent = agents.get("confirmation")
    plain = template_version(agent, agent.Settings())
    assert plain == template_version(agent, agent.Settings(use_model=False))
    assert plain != template_version(agent, agent.Settings(name_form=False))
    assert plain != template_version(agents.get("reminder"), BaseSettings())
    assert plain.startswith("confirmation:") and len(plain) <= 80


def test_what_answers_asks_or_is_written_down_never_earns_it() -> None:
    never = ["answer", "brief", "open_slot", "preference"]
    assert [one.name for one in agents if not can_earn(one)] == never


def test_nothing_is_proposed_before_enough_and_then_a_manager_grants_thirty_days(
    salon: Salon, manager: User
) -> None:
    earn(salon, manager, 3)
    LocationTrust.objects.update(earn_after=4)
    found = record(salon)
    assert (found.standing.streak, found.standing.missing, found.proposed) == (3, 1, False)
    with pytest.raises(NotPossible, match="1 more"):
        give(salon, manager, found)
    approve(drafted(salon), manager)
    found = record(salon)
    assert found.proposed
    grant = give(salon, manager, found)
    assert grant.earned and grant.sample_percent == 5
    assert grant.expires_at == clock.now() + timedelta(days=30)
    assert config_for("confirmation", salon.location).stage == "auto"
    assert not record(salon).proposed


def give(salon: Salon, user: User, found: Record, **fields: Any) -> StandingGrant:
    said = {"agent": "confirmation", "version": found.version, "location": salon.location}
    return autonomy_grant(user=user, **said | fields)


def test_only_a_manager_of_that_location_decides_it(salon: Salon, manager: User) -> None:
    earn(salon, manager, 1)
    desk = person_make("Dora", salon.location, "front_desk")
    elsewhere = Location.objects.create(
        connection=salon.connection, external_id="loc_2", name="Harbor", timezone="UTC"
    )
    stranger = person_make("Eva", elsewhere, "manager")
    for user in (desk, stranger):
        with pytest.raises(NoRight):
            give(salon, user, record(salon))
    grant = give(salon, manager, record(salon))
    for user in (desk, stranger):
        with pytest.raises(NoRight):
            autonomy_end(user=user, location=salon.location, grant_id=grant.pk)


def test_what_the_page_showed_a_moment_ago_is_no_ground(salon: Salon, manager: User) -> None:
    earn(salon, manager, 1)
    seen = record(salon)
    AgentConfig.objects.update(settings={"use_model": False, "name_form": False})
    with pytest.raises(NotPossible, match="changed"):
        give(salon, manager, seen)
    assert not StandingGrant.objects.exists()


def wrong_afterwards(salon: Salon, item: ApprovalItem, user: User) -> None:
    Mishap.objects.create(
        location=salon.location,
        client=item.client,
        until=clock.now() + timedelta(days=7),
        user_name="Tom",
    )


def poor_rating(salon: Salon, item: ApprovalItem, user: User) -> None:
    Feedback.objects.create(
        connection=salon.connection,
        external_id="fb_1",
        client=item.client,
        location=salon.location,
        rating=1,
        given_at=clock.now(),
    )


def angry_words(salon: Salon, item: ApprovalItem, user: User) -> None:
    Message.objects.create(
        connection=salon.connection,
        external_id="msg_in",
        client=item.client,
        location=salon.location,
        incoming=True,
        channel="sms",
        body="This is terrible, I am very disappointed",
        sent_at=clock.now(),
    )


def opted_out(salon: Salon, item: ApprovalItem, user: User) -> None:
    Consent.objects.create(
        client=item.client,
        channel="sms",
        purpose="transactional",
        origin="here",
        granted=False,
        at=clock.now(),
    )


def flagged(salon: Salon, item: ApprovalItem, user: User) -> None:
    audit_record(action="item.flagged", actor=Actor.system("t"), subject=f"item:{item.pk}")


def taken_back(salon: Salon, item: ApprovalItem, user: User) -> None:
    item_undo(user=user, item_id=item.pk)


@pytest.mark.parametrize(
    ("regret", "words"),
    [
        (taken_back, "taken back"),
        (flagged, "flagged"),
        (angry_words, "complained"),
        (poor_rating, "complained"),
        (opted_out, "opted out"),
        (wrong_afterwards, "went wrong"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_regret_ends_the_streak(
    salon: Salon, manager: User, regret: Callable[[Salon, ApprovalItem, User], None], words: str
) -> None:
    item = approve(drafted(salon), manager)
    assert record(salon).standing.streak == 1
    regret(salon, item, manager)
    found = record(salon).standing
    assert (found.streak, found.earned) == (0, False)
    assert words in found.ended_by and sum(found.regrets.values()) == 1


def test_an_edit_or_a_rejection_ends_it_and_what_was_settled_in_person_does_not(
    salon: Salon, manager: User
) -> None:
    approve(drafted(salon), manager)
    item_handled(user=manager, item_id=drafted(salon).pk)
    assert record(salon).standing.streak == 1
    item = drafted(salon)
    assert item.revision is not None
    item_reject(user=manager, item_id=item.pk, revision_id=item.revision.pk, reason="wrong_tone")
    assert record(salon).standing.streak == 0
    approve(drafted(salon), manager)
    edited = drafted(salon)
    item_edit(user=manager, item_id=edited.pk, base_revision=1, body="Hello there.")
    assert record(salon).standing.streak == 0
    approve(drafted(salon), manager)
    item_regenerate(user=manager, item_id=drafted(salon).pk, instruction="shorter")
    assert record(salon).standing.streak == 0


def test_the_agent_then_sends_by_itself_until_the_manager_ends_it(
    salon: Salon, manager: User
) -> None:
    earn(salon, manager, 1)
    grant = give(salon, manager, record(salon))
    StandingGrant.objects.update(sample_percent=0)
    item = drafted(salon)
    assert (item.stage, item.state) == ("auto", "approved")
    assert item.decisions.get().standing == grant
    assert record(salon).standing.streak == 1, "what goes alone earns nothing"
    wrong_afterwards(salon, item, manager)
    assert record(salon).standing.ended_by == "something went wrong", "and is looked at again"
    autonomy_end(user=manager, location=salon.location, grant_id=grant.pk)
    item.refresh_from_db()
    assert item.state == "pending"
    assert drafted(salon).state == "pending"
    assert config_for("confirmation", salon.location).stage == "review"
    assert record(salon).standing.streak == 0, "trust is earned anew"


@pytest.mark.parametrize(
    ("regret", "words"),
    [
        (taken_back, "taken back"),
        (flagged, "flagged"),
        (angry_words, "complained"),
        (opted_out, "opted out"),
        (wrong_afterwards, "went wrong"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_regret_of_what_went_alone_ends_the_decision_by_itself(
    salon: Salon, manager: User, regret: Callable[[Salon, ApprovalItem, User], None], words: str
) -> None:
    earn(salon, manager, 1)
    grant = give(salon, manager, record(salon))
    StandingGrant.objects.update(sample_percent=0)
    held, item = drafted(salon), drafted(salon)
    assert (held.state, item.state) == ("approved", "approved")
    assert regrets_look() == 0
    regret(salon, item, manager)
    assert drafted(salon).state == "pending", "the next one does not go alone any more"
    grant.refresh_from_db()
    held.refresh_from_db()
    assert grant.revoked_at == clock.now() and held.state == "pending"
    assert config_for("confirmation", salon.location).stage == "review"
    found = record(salon)
    assert words in found.regret and found.regret_at == clock.now() and found.grant is None
    said = AuditEvent.objects.get(action="standing.regretted")
    assert (said.subject, said.actor_kind) == (f"standing:{grant.pk}", "system")
    assert regrets_look() == 0, "and ends once"


def test_the_look_ends_it_where_no_other_draft_comes_and_a_persons_own_press_ends_nothing(
    salon: Salon, manager: User
) -> None:
    earn(salon, manager, 1)
    pressed = ApprovalItem.objects.latest("pk")
    grant = give(salon, manager, record(salon))
    StandingGrant.objects.update(sample_percent=0)
    wrong_afterwards(salon, pressed, manager)
    assert regrets_look() == 0
    wrong_afterwards(salon, drafted(salon), manager)
    assert regrets_look() == 1
    grant.refresh_from_db()
    assert grant.revoked_at is not None


def test_it_ends_by_itself_after_thirty_days(salon: Salon, manager: User, at: clock.Frozen) -> None:
    earn(salon, manager, 1)
    give(salon, manager, record(salon))
    StandingGrant.objects.update(sample_percent=0)
    at.move(timedelta(days=30, seconds=1))
    assert drafted(salon).state == "pending"
    assert record(salon).grant is None


@pytest.mark.parametrize(
    "why", ["first visit", "dear", "wished"], ids=["first visit", "dear", "free text"]
)
def test_a_new_client_a_dear_visit_and_free_text_wait_for_a_person(
    salon: Salon, manager: User, why: str
) -> None:
    earn(salon, manager, 1)
    give(salon, manager, record(salon))
    StandingGrant.objects.update(sample_percent=0)
    if why == "first visit":
        happen(booked(salon.book(salon.client(), clock.now() + SOON)))
        item = ApprovalItem.objects.latest("pk")
    else:
        client = salon.client(notes="prefers the quiet room" if why == "wished" else "")
        salon.past(client, 40)
        price = Decimal(900) if why == "dear" else Decimal(120)
        happen(booked(salon.book(client, clock.now() + SOON, price=price)))
        item = ApprovalItem.objects.latest("pk")
    assert item.state == "pending"


def test_the_record_costs_the_same_for_any_history(salon: Salon, manager: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            records_of(salon.location)
        return len(asked)

    approve(drafted(salon), manager)
    one = cost()
    approve(drafted(salon), manager)
    assert cost() == one <= 12


def test_somebody_else_of_that_name_changes_nothing(salon: Salon, manager: User) -> None:
    """A regret of another client is none of this draft's."""
    approve(drafted(salon), manager)
    other = Client.objects.create(connection=salon.connection, external_id="cli_other")
    Mishap.objects.create(
        location=salon.location,
        client=other,
        until=clock.now() + timedelta(days=7),
        user_name="Tom",
    )
    assert record(salon).standing.streak == 1
