"""What an admin sees of corrections and flags, and how a client is forgotten for good."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from agents import trying
from agents.learning.rules import rule_propose, rules_in_force
from agents.models import AgentRun, HouseRule, TryRun
from approvals.models import ApprovalItem, Decision, Effect, Flag, Revision
from approvals.services.decisions import item_reject
from core.audit_chain import audit_seal
from core.models import AuditEvent
from integrations.models import Client, User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
BASE = "/admin/agents/agentconfig/"
PAGE = f"{BASE}agent/confirmation/learned/"
FLAGS = f"{BASE}flags/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


def signed_in(person: Any) -> Browser:
    browser = Browser()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def mona(desk: Desk) -> Browser:
    """Tunes the first location only."""
    return signed_in(desk.person("Mona Manager", "manager", desk.location))


@pytest.fixture
def maria(desk: Desk) -> User:
    return desk.person("Maria Ruiz")


def here(desk: Desk) -> str:
    return f"{PAGE}?at={desk.location.pk}"


def proposed(desk: Desk, place: int = 0) -> HouseRule:
    found = rule_propose(
        location=desk.locations[place], agent="confirmation", language="en",
        avoid="Hey", use="Hi", drafts=3,
    )  # fmt: skip
    assert found is not None
    return found


def test_a_proposal_is_seen_accepted_with_other_words_and_ended(desk: Desk, mona: Browser) -> None:
    rule = proposed(desk)
    assert "1 house rule" in mona.get(BASE).content.decode()
    page = mona.get(here(desk)).content.decode()
    assert "Say “Hi”, not “Hey”" in page and "3 drafts were changed so" in page
    said = {"act": "accept", "rule": rule.pk, "avoid": "Hey", "use": "Hello"}
    assert mona.post(here(desk), said).status_code == 302
    (held,) = rules_in_force(desk.location.pk, "confirmation")
    assert held.use == "Hello"
    page = mona.get(here(desk)).content.decode()
    assert "Say “Hello”, not “Hey”" in page and "by Mona Manager" in page
    history = mona.get(f"{BASE}agent/confirmation/?at={desk.location.pk}").content.decode()
    assert "made it a house rule: say “Hello”, not “Hey”" in history
    mona.post(here(desk), {"act": "end", "rule": held.pk})
    assert rules_in_force(desk.location.pk, "confirmation") == ()


def test_declining_keeps_it_away(desk: Desk, mona: Browser) -> None:
    rule = proposed(desk)
    mona.post(here(desk), {"act": "decline", "rule": rule.pk})
    rule.refresh_from_db()
    assert (rule.state, rule.decided_by) == ("declined", "Mona Manager")


def test_a_rule_of_ones_own_that_is_no_wording_is_answered_with_the_reason(
    desk: Desk, mona: Browser
) -> None:
    answer = mona.post(here(desk), {"act": "write", "avoid": "Friday", "use": "Saturday"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“Friday” is a fact, not wording" in page
    assert 'value="Friday"' in page
    assert not HouseRule.objects.exists()


def test_trying_a_rule_saves_and_sends_nothing(desk: Desk, mona: Browser) -> None:
    rule = proposed(desk)
    before = [kind.objects.count() for kind in (ApprovalItem, Decision, Effect, HouseRule)]
    said = {"act": "try", "rule": rule.pk, "avoid": "Hey", "use": "Good day"}
    answer = mona.post(here(desk), said)
    trying.tries_drain()
    made = TryRun.objects.get()
    assert answer["Location"].endswith(f"/try/{made.pk}/")
    assert made.house_rules == [{"avoid": "Hey", "use": "Good day", "language": "en"}]
    assert "House rule: say “Good day”, not “Hey”" in mona.get(answer["Location"]).content.decode()
    back = mona.get(f"{here(desk)}&tried={made.pk}").content.decode()
    assert 'value="Good day"' in back
    after = [kind.objects.count() for kind in (ApprovalItem, Decision, Effect, HouseRule)]
    assert after == before
    rule.refresh_from_db()
    assert rule.state == "proposed"


def test_another_places_rule_is_not_there(desk: Desk, mona: Browser, maria: User) -> None:
    theirs = proposed(desk, place=1)
    for act in ("accept", "decline", "end", "try"):
        said = {"act": act, "rule": theirs.pk, "avoid": "Hey", "use": "Hi"}
        assert mona.post(here(desk), said).status_code == 404
    assert mona.get(f"{PAGE}?at={desk.locations[1].pk}").status_code == 404
    assert mona.get(f"{BASE}agent/open_slot/learned/").status_code == 404
    assert signed_in(maria).get(here(desk)).status_code == 302
    assert signed_in(maria).get(FLAGS).status_code == 302


def test_reject_reasons_are_counted_for_the_place(desk: Desk, mona: Browser, maria: User) -> None:
    for reason, place in (("wrong_tone", 0), ("wrong_tone", 0), ("bad_timing", 0), ("not_them", 1)):
        item = desk.draft(location=desk.locations[place])
        said = reason if reason != "not_them" else "wrong_fact"
        item_reject(user=maria, item_id=item.pk, revision_id=item.revision_id or 0, reason=said)
    counted = mona.get(here(desk)).context["rejected"]
    assert [(one.words, one.times) for one in counted] == [("Wrong tone", 2), ("Bad timing", 1)]


# Flags.


def test_one_press_flags_a_draft_and_words_may_follow(desk: Desk, maria: User) -> None:
    item, browser = desk.draft(), signed_in(maria)
    assert 'id="flag"' in browser.get(f"/drafts/{item.pk}/").content.decode()
    page = browser.post(f"/drafts/{item.pk}/flag/").content.decode()
    assert "An admin looks at it" in page and 'name="words"' in page
    page = browser.post(f"/drafts/{item.pk}/flag/", {"words": "Odd <b>tone</b>"}).content.decode()
    assert "Odd &lt;b&gt;tone&lt;/b&gt;" in page
    flag = Flag.objects.get()
    assert (flag.by, flag.words, flag.item) == (maria, "Odd <b>tone</b>", item)
    item.refresh_from_db()
    assert item.state == "pending"
    said = AuditEvent.objects.filter(action="item.flagged").order_by("pk")
    assert [event.actor_name for event in said] == ["Maria Ruiz"] * 2
    assert "Odd" not in str([event.facts for event in said])


def test_a_flag_goes_to_the_admin_with_its_run_and_is_settled_with_a_word(
    desk: Desk, mona: Browser, maria: User
) -> None:
    item = desk.draft()
    run = AgentRun.objects.create(
        connection=desk.connection, location=desk.location, agent="confirmation",
        event_key="x", event={}, item=item, state="done",
    )  # fmt: skip
    signed_in(maria).post(f"/drafts/{item.pk}/flag/", {"words": "Too stiff"})
    flag = Flag.objects.get()
    assert "1 to look at" in mona.get(BASE).content.decode()
    page = mona.get(FLAGS).content.decode()
    assert "Too stiff" in page and f"/admin/agents/agentrun/{run.pk}/change/" in page
    assert mona.get(f"/admin/agents/agentrun/{run.pk}/change/").status_code == 200
    assert mona.post(FLAGS, {"flag": flag.pk, "answer": " "}).status_code == 422
    assert mona.post(FLAGS, {"flag": flag.pk, "answer": "New prompt"}).status_code == 302
    flag.refresh_from_db()
    assert (flag.answer, flag.settled_by_name) == ("New prompt", "Mona Manager")
    assert mona.post(FLAGS, {"flag": flag.pk, "answer": "Again"}).status_code == 422
    history = signed_in(maria).get(f"/drafts/{item.pk}/background/").content.decode()
    assert "flagged it: Too stiff" in history and "answered: New prompt" in history


def test_a_flag_of_another_place_is_not_there(desk: Desk, mona: Browser, maria: User) -> None:
    item = desk.draft(location=desk.locations[1])
    signed_in(maria).post(f"/drafts/{item.pk}/flag/", {"words": "Secret"})
    assert "Secret" not in mona.get(FLAGS).content.decode()
    flag = Flag.objects.get()
    assert mona.post(FLAGS, {"flag": flag.pk, "answer": "x"}).status_code == 404
    assert mona.post(f"/drafts/{item.pk}/flag/").status_code == 404


# Forgetting.


@pytest.fixture
def ada(desk: Desk) -> Browser:
    return signed_in(desk.person("Ada Admin", "owner"))


def test_forgetting_needs_the_name_and_shows_what_was_emptied_and_the_audit_proved(
    desk: Desk, ada: Browser, maria: User
) -> None:
    client = desk.client("Dana", "King", notes="likes tea")
    item = desk.draft(client)
    desk.message(client, "call me back")
    signed_in(maria).post(f"/drafts/{item.pk}/flag/", {"words": "Dana is upset"})
    address = f"{BASE}forget/{client.pk}/"
    assert address in ada.get(f"/clients/{client.pk}/").content.decode()
    answer = ada.post(address, {"name": "Dana"})
    assert answer.status_code == 422 and Client.objects.get(pk=client.pk).notes == "likes tea"
    while audit_seal():
        pass
    answer = ada.post(address, {"name": " Dana  King "})
    assert answer.status_code == 200
    kept = {one.label: (one.before, one.now) for one in answer.context["kept"]}
    assert kept["Texts of drafts"] == (1, 0)
    assert kept["Messages"] == (1, 0)
    assert kept["Words of flags"] == (1, 0)
    assert kept["Name, number, notes"] == (1, 0)
    assert sum(now for _, now in kept.values()) == 0
    assert "The audit verifies:" in answer.content.decode()
    assert Revision.objects.get(item=item).body == ""
    assert Flag.objects.get().words == ""
    assert ada.get(address).status_code == 404


def test_who_tunes_one_place_of_several_cannot_forget_anybody(desk: Desk, mona: Browser) -> None:
    client = desk.client()
    address = f"{BASE}forget/{client.pk}/"
    assert mona.get(address).status_code == 404
    assert mona.post(address, {"name": client.name}).status_code == 404
    assert address not in mona.get(f"/clients/{client.pk}/").content.decode()
