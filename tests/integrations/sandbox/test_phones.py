"""Phones that answer by themselves, and the storm in which they do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

OFFER = "Maple Street: this just opened up. Reply 3 to take it or 4 to pass, within 10 minutes."
SPANISH = "Maple Street: se ha liberado. Responda 3 para tomarla o 4 si no puede."


@pytest.fixture
def phone(salon: Any, eventually: Callable[..., Any]) -> Callable[..., list[str]]:
    """``phone(rule, body)``: what a phone with that rule answers to a text."""

    def told(rule: str, body: str = OFFER, expected: int = 1) -> list[str]:
        salon.turn(delivery_ms=0)
        client = salon.client()
        order = {"clientId": client["id"], "rule": rule, "minutes": 0}
        assert salon.other_side.post("/sandbox/phones", json=order).status_code == 200
        salon.other_side.post("/sandbox/phones", json={"rule": "hand", "speed": 1000})
        text = {"clientId": client["id"], "channel": "sms", "body": body, "reference": "r1"}
        assert salon.api.post("/communications", json=text).status_code == 201

        def answered() -> list[str] | None:
            params = {"clientId": client["id"], "direction": "inbound"}
            got = salon.other_side.get("/sandbox/messages", params=params).json()["data"]
            return [one["body"] for one in got] if len(got) >= expected else None

        found: list[str] = eventually(answered) if expected else answered() or []
        return found

    return told


@pytest.mark.parametrize(
    ("rule", "body", "said"),
    [
        ("yes", OFFER, ["3"]),
        ("no", OFFER, ["4"]),
        ("no", SPANISH, ["4"]),
        ("twice", SPANISH, ["3", "3"]),
        ("contradictory", OFFER, ["3", "4"]),
        ("stop", "See you at 10", ["STOP"]),
    ],
)
def test_a_phone_answers_by_its_rule(
    phone: Callable[..., list[str]], rule: str, body: str, said: list[str]
) -> None:
    assert phone(rule, body, len(said)) == said


def test_a_phone_answers_in_words(phone: Callable[..., list[str]]) -> None:
    (said,) = phone("word")
    assert not any(letter.isdigit() for letter in said)


def test_a_text_that_asks_for_nothing_is_not_answered(
    salon: Any, phone: Callable[..., list[str]], eventually: Callable[..., Any]
) -> None:
    """Another phone that does answer shows that the time for it has passed."""
    phone("yes", "See you at 10", 0)
    salon.act("add_client", firstName="Later", phone="+12135550178", consent=YES)
    later = next(one for one in salon.records("client") if one["firstName"] == "Later")
    salon.other_side.post("/sandbox/phones", json={"rule": "yes", "minutes": 0})
    text = {"clientId": later["id"], "channel": "sms", "body": OFFER, "reference": "r2"}
    salon.api.post("/communications", json=text)
    eventually(lambda: salon.history("message.received"))
    assert [row["data"]["clientId"] for row in salon.history("message.received")] == [later["id"]]


YES = {"sms": {"transactional": True, "marketing": False, "at": "2026-06-12T17:00:00Z"}}


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"rule": "explode"}, "bad_rule"),
        ({"rule": "yes", "minutes": -1}, "bad_minutes"),
        ({"rule": "yes", "minutes": "soon"}, "bad_minutes"),
        ({"rule": "yes", "minutes": "nan"}, "bad_minutes"),
        ({"rule": "yes", "speed": 0}, "bad_speed"),
        ({"rule": "mixed", "clientId": "cli_1001"}, "bad_rule"),
        ({"rule": "yes", "clientId": "nobody"}, "unknown_client"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(salon: Any, order: Any, code: str) -> None:
    answer = salon.other_side.post("/sandbox/phones", json=order)
    assert (answer.status_code // 100, answer.json()["error"]["code"]) == (4, code)


def test_a_storm_cancels_thirty_and_finds_two_hundred_waiting(
    salon: Any, eventually: Callable[..., Any]
) -> None:
    before = {one["id"] for one in salon.records("appointment") if one["status"] == "cancelled"}
    started = salon.other_side.post("/sandbox/scenario", json={"name": "storm", "speed": 1000})
    assert started.json()["name"] == "storm"

    def over() -> Any:
        state = salon.other_side.get("/sandbox/scenario", params={"name": "storm"}).json()
        return None if state["running"] else state

    state = eventually(over)
    assert (state["done"], state["total"]) == (30, 30)
    cancelled = [one for one in salon.records("appointment") if one["status"] == "cancelled"]
    assert len({one["id"] for one in cancelled} - before) == 30
    waiting = [one for one in salon.records("waitlist") if one["status"] == "waiting"]
    assert len(waiting) == 200
    assert salon.other_side.get("/sandbox/phones").json()["all"]["rule"] == "mixed"
    assert not salon.history("sender.stumbled")


def test_a_crowd_answers_in_many_ways_and_mostly_not(
    salon: Any, eventually: Callable[..., Any]
) -> None:
    salon.turn(delivery_ms=0)
    salon.other_side.post("/sandbox/phones", json={"rule": "mixed", "minutes": 0, "speed": 1000})
    made = [salon.client(phone=f"+1213555{n:04d}") for n in range(60)]
    for client in made:
        text = {"clientId": client["id"], "channel": "sms", "body": OFFER, "reference": "r"}
        salon.api.post("/communications", json=text)
    eventually(lambda: len(salon.history("message.delivered")) == 60)
    eventually(lambda: len(salon.history("message.received")) >= 15)
    said = [row["data"]["body"] for row in salon.history("message.received")]
    assert {"3", "4"} <= set(said) and len(said) < 45


def test_two_scenarios_may_run_side_by_side_and_a_third_is_unknown(salon: Any) -> None:
    for name in ("friday", "storm"):
        order = {"name": name, "speed": 1, "start": True}
        assert salon.other_side.post("/sandbox/scenario", json=order).json()["running"]
    strange = salon.other_side.post("/sandbox/scenario", json={"name": "flood"})
    assert strange.json()["error"]["code"] == "unknown_scenario"
    for name in ("friday", "storm"):
        order = {"name": name, "stop": True}
        assert not salon.other_side.post("/sandbox/scenario", json=order).json()["running"]


def test_a_person_who_stands_in_the_book_twice_is_put_into_one_record(salon: Any) -> None:
    kept = salon.client(firstName="Nora", lastName="Vale")
    gone = salon.client(firstName="Nora", lastName="Vale")
    made = salon.book(clientId=gone["id"])
    address = f"/phones/{gone['id']}"
    page = salon.other_side.get(address).text
    assert f'name="into" value="{kept["id"]}"' in page
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    for into in (gone["id"], kept["id"]):
        order = {"into": into, "csrfmiddlewaretoken": token}
        assert salon.other_side.post(address, data=order).status_code == 302
    assert salon.record(gone["id"])["mergedInto"] == kept["id"]
    assert salon.record(made["id"])["clientId"] == kept["id"]
    after = salon.other_side.get(address, params={"same": kept["phone"][-4:]}).text
    assert "not in use any more" in after and 'name="into"' not in after
