"""What people change in drafts is kept without facts, becomes a house rule, and leaves again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents import erasing
from agents.learning.keeping import correction_keep
from agents.learning.policy import Wording
from agents.learning.rules import (
    NotARule,
    rule_accept,
    rule_decline,
    rule_edit,
    rule_propose,
    rule_revoke,
    rule_write,
    rules_in_force,
)
from agents.models import Correction, HouseRule
from approvals.models import ApprovalItem
from approvals.services.decisions import item_edit_and_approve, item_settle
from approvals.services.erasing import client_erase
from core import clock
from core.audit import Actor
from core.models import AuditEvent
from integrations.models import Client, User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
ADA = Actor("person", "1", "Ada Admin")
DRAFT = "Hey {name}, see you Friday at 2:30 pm."
SENT = "Hi {name}, see you Friday at 2:30 pm."


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


@pytest.fixture
def maria(desk: Desk) -> User:
    return desk.person("Maria Ruiz")


def edited(
    desk: Desk, user: User, client: Client, old: str = DRAFT, new: str = SENT, **fields: Any
) -> ApprovalItem:
    """A draft that ``user`` edited and that was sent, as the desk says."""
    name = client.first_name
    facts = [("weekday", ("Friday",), "appointment"), ("time", ("2:30 pm",), "appointment")]
    item = desk.draft(client, body=old.format(name=name), facts=facts, **fields)
    item_edit_and_approve(
        user=user, item_id=item.pk, base_revision=1, body=new.format(name=name), reason="x"
    )
    for state in ("sending", "unknown"):
        ApprovalItem.objects.filter(pk=item.pk).update(state=state)
    return item_settle(user=user, item_id=item.pk, sent=True)


def three(desk: Desk, maria: User, **fields: Any) -> list[ApprovalItem]:
    people = [maria, desk.person("Jo Park"), maria]
    names = ("Dana", "Elena", "Priya")
    return [
        edited(desk, who, desk.client(name), **fields)
        for who, name in zip(people, names, strict=True)
    ]


def test_what_was_changed_is_kept_word_by_word_and_no_fact_with_it(desk: Desk, maria: User) -> None:
    item = edited(
        desk,
        maria,
        desk.client("Dana"),
        new="Hi Dana, we see you Saturday at 3 pm, call 503-555-0199.",
    )
    row = Correction.objects.get(item=item)
    assert (row.agent, row.location, row.writer) == ("confirmation", desk.location, "template")
    removed = [change["removed"] for change in row.changes]
    assert removed[0] == "Hey"
    said = str(row.changes)
    assert not any(word in said for word in ("Dana", "Friday", "Saturday", "2:30", "3 pm", "0199"))
    assert "_name_" in said
    assert row.words_changed >= 2


def test_a_draft_that_was_sent_as_it_was_teaches_nothing(desk: Desk) -> None:
    item = desk.draft()
    assert correction_keep(item.pk) is None
    assert not Correction.objects.exists()


def test_three_people_who_make_the_same_edit_propose_a_house_rule(desk: Desk, maria: User) -> None:
    three(desk, maria)
    rule = HouseRule.objects.get()
    assert (rule.avoid, rule.use, rule.state, rule.drafts) == ("Hey", "Hi", "proposed", 3)
    assert (rule.location, rule.agent, rule.language) == (desk.location, "confirmation", "en")
    assert rules_in_force(desk.location.pk, "confirmation") == ()
    event = AuditEvent.objects.get(action="house_rule.proposed")
    assert event.facts["said"] == "say “Hi”, not “Hey”"


def test_edits_at_two_locations_are_not_added_up(desk: Desk, maria: User) -> None:
    edited(desk, maria, desk.client("Dana"))
    edited(desk, maria, desk.client("Elena"))
    edited(desk, maria, desk.client("Priya"), location=desk.locations[1])
    assert not HouseRule.objects.exists()


def test_a_name_that_was_changed_three_times_is_no_rule(desk: Desk, maria: User) -> None:
    desk.staff("Kim Lund")
    for name in ("Dana", "Elena", "Priya"):
        edited(desk, maria, desk.client(name), "With her, {name}.", "With Kim, {name}.")
    assert Correction.objects.count() == 3
    assert not HouseRule.objects.exists()


def test_an_accepted_rule_holds_at_its_place_and_agent_until_it_is_ended(
    desk: Desk, maria: User
) -> None:
    three(desk, maria)
    rule = HouseRule.objects.get()
    rule_accept(actor=ADA, rule=rule)
    (held,) = rules_in_force(desk.location.pk, "confirmation")
    assert held == Wording("Hey", "Hi", "en", rule.pk)
    assert rules_in_force(desk.locations[1].pk, "confirmation") == ()
    assert rules_in_force(desk.location.pk, "reminder") == ()
    rule_revoke(actor=ADA, rule=rule)
    assert rules_in_force(desk.location.pk, "confirmation") == ()
    said = AuditEvent.objects.filter(action__startswith="house_rule").order_by("pk")
    assert [event.action.split(".")[1] for event in said] == ["proposed", "accepted", "revoked"]
    assert said.last().actor_name == "Ada Admin"  # type: ignore[union-attr]


def test_an_edit_is_a_new_version_and_keeps_the_older_one(desk: Desk, maria: User) -> None:
    three(desk, maria)
    first = HouseRule.objects.get()
    made = rule_edit(actor=ADA, rule=first, avoid="Hey", use=" “Hello” ")
    first.refresh_from_db()
    assert (first.state, first.use) == ("replaced", "Hi")
    assert (made.state, made.use, made.number, made.replaces) == ("accepted", "Hello", 2, first)
    with pytest.raises(NotARule, match="Ada Admin was faster"):
        rule_accept(actor=ADA, rule=first)


def test_what_was_declined_is_not_proposed_again(desk: Desk, maria: User) -> None:
    three(desk, maria)
    rule_decline(actor=ADA, rule=HouseRule.objects.get())
    edited(desk, maria, desk.client("Orla"))
    assert HouseRule.objects.count() == 1
    again = {"location": desk.location, "agent": "confirmation", "language": "en"}
    assert rule_propose(**again, avoid="hey", use="Hi", drafts=9) is None


@pytest.mark.parametrize(
    ("avoid", "use", "why"),
    [
        ("Hey", "Hi Dana", "is a name"), ("Sarah", "she", "is a name"),
        ("Friday", "Saturday", "is a fact"), ("Hey", "Hey", "the same"),
    ],
)  # fmt: skip
def test_a_rule_of_ones_own_is_about_wording(desk: Desk, avoid: str, use: str, why: str) -> None:
    desk.client("Dana")
    desk.staff("Sarah Lind")
    told = {"actor": ADA, "location": desk.location, "agent": "confirmation", "language": "en"}
    with pytest.raises(NotARule, match=why):
        rule_write(**told, avoid=avoid, use=use)  # type: ignore[arg-type]


def test_two_rules_for_the_same_words_are_not_in_force_together(desk: Desk) -> None:
    told: dict[str, Any] = {"actor": ADA, "location": desk.location, "agent": "confirmation"}
    rule_write(**told, language="en", avoid="Hey", use="Hi")
    with pytest.raises(NotARule, match="a rule for “hey” already"):
        rule_write(**told, language="en", avoid="hey", use="Hello")
    assert rule_write(**told, language="es", avoid="hey", use="Hola").state == "accepted"


def test_forgetting_a_client_and_their_days_empty_what_was_kept(
    desk: Desk, maria: User, settings: Any
) -> None:
    settings.RETENTION_DAYS = 30
    first, second, _ = three(desk, maria)
    client = first.client
    assert client is not None
    client_erase(actor=ADA, client=client)
    assert Correction.objects.get(item=first).changes == []
    assert Correction.objects.get(item=second).changes != []
    assert erasing.corrections_expire(clock.now()) == 0
    assert erasing.corrections_expire(clock.now() + timedelta(days=31)) == 2
    assert Correction.objects.get(item=second).words_changed == 1


def test_what_was_going_out_while_its_client_was_forgotten_teaches_nothing(
    desk: Desk, maria: User
) -> None:
    item = edited(desk, maria, desk.client("Dana"))
    Correction.objects.all().delete()
    Client.objects.update(deleted_at=clock.now())
    assert correction_keep(item.pk) is None
