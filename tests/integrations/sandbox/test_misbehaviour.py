"""The knobs do what they say, the history is a witness, the clock obeys."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest


def text(salon: Any, client_id: str, key: str) -> httpx.Response:
    order = {"clientId": client_id, "channel": "sms", "body": "Hi", "reference": key}
    return salon.api.post("/communications", json=order, headers={"Idempotency-Key": key})


def test_a_lost_reply_is_a_broken_connection_after_the_change(salon: Any) -> None:
    made = salon.client()
    salon.turn(drop_reply=1)
    with pytest.raises(httpx.TransportError):
        text(salon, made["id"], "lost")
    with pytest.raises(httpx.TransportError):
        salon.api.patch(f"/clients/{made['id']}", json={"tags": ["vip"]})
    salon.turn(drop_reply=0)
    assert salon.record(made["id"])["tags"] == ["vip"]
    found = salon.api.get("/communications", params={"reference": "lost"}).json()["data"]
    again = text(salon, made["id"], "lost")
    assert [m["id"] for m in found] == [again.json()["id"]]
    assert len(salon.history("message.sent")) == 1


def test_a_server_error_applies_nothing(salon: Any) -> None:
    made = salon.client()
    salon.turn(rate_500=1)
    assert text(salon, made["id"], "k").status_code == 500
    salon.turn(rate_500=0)
    assert salon.history("message.sent") == []
    assert text(salon, made["id"], "k").status_code == 201


def test_too_many_calls_are_told_when_to_come_back(salon: Any) -> None:
    salon.turn(rate_429=1, retry_after_s=7)
    answer = salon.api.get("/clients")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    salon.turn(reset=True, calls_per_minute=5)
    codes = [salon.api.get("/locations").status_code for _ in range(8)]
    assert codes == sorted(codes) and set(codes) == {200, 429}


def test_an_expired_token_and_a_platform_that_is_down(salon: Any) -> None:
    salon.turn(token_expired=True)
    assert salon.api.get("/clients").status_code == 401
    salon.turn(platform_down=True)
    answer = salon.api.get("/clients")
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    salon.turn(reset=True)
    assert salon.api.get("/clients").status_code == 200


def test_slow_answers_are_slow(salon: Any) -> None:
    salon.turn(latency_ms=120)
    start = time.monotonic()
    salon.api.get("/locations")
    assert time.monotonic() - start >= 0.12


def test_wrong_knobs_are_refused_and_change_nothing(salon: Any) -> None:
    for order in ({"rate_429": 2}, {"rate_429": "often"}, {"latency": 1}, {"latency_ms": -1}):
        answer = salon.other_side.post("/sandbox/knobs", json=order)
        assert answer.status_code == 400, order
    assert salon.other_side.get("/sandbox/knobs").json()["rate_429"] == 0


def test_the_history_tells_calls_and_effects_in_order(salon: Any) -> None:
    made = salon.client()
    sent = text(salon, made["id"], "k").json()
    call = salon.history("call")[-1]
    assert call["data"]["key"] == "k" and call["subject"] == sent["id"]
    effect = salon.history("effect", subject=sent["id"])[0]
    assert (effect["action"], effect["actor"]) == ("message.sent", "api")
    assert salon.history("effect", after=effect["seq"]) == [
        row for row in salon.history("effect") if row["seq"] > effect["seq"]
    ]


def test_the_clock_freezes_moves_and_runs(salon: Any) -> None:
    assert salon.clock(now="2026-07-01T12:00:00Z") == {
        "now": "2026-07-01T12:00:00.000000Z",
        "mode": "frozen",
    }
    assert salon.clock(advance=90)["now"] == "2026-07-01T12:01:30.000000Z"
    made = salon.client()
    assert made["createdAt"] == "2026-07-01T12:01:30Z"
    assert salon.clock(now="2026-07-01T12:00:00Z", running=True)["mode"] == "moved"
    assert salon.other_side.post("/sandbox/clock", json={"now": "soon"}).status_code == 400


def test_stamps_grow_even_while_the_clock_stands_still(salon: Any) -> None:
    made = salon.client()
    stamps = [made["updatedAt"]]
    for number in range(5):
        stamps.append(salon.act("edit_client", id=made["id"], notes=str(number))["updatedAt"])
    assert stamps == sorted(set(stamps))


def test_the_control_door_takes_json_only(salon: Any) -> None:
    order = '{"action": "cancel", "id": "apt_1001"}'
    answer = salon.other_side.post(
        "/sandbox/act", content=order, headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 415
    strange = salon.other_side.post("/sandbox/act", json={"action": "explode"})
    assert strange.json()["error"]["code"] == "unknown_action"
    rebound = salon.other_side.get("/sandbox/history", headers={"Host": "evil.example"})
    assert rebound.status_code == 400


def test_a_busy_friday_plays_to_its_end(salon: Any, eventually: Callable[..., Any]) -> None:
    salon.other_side.post("/sandbox/scenario", json={"speed": 1000, "steps": 40})

    def over() -> Any:
        state = salon.other_side.get("/sandbox/scenario").json()
        return None if state["running"] else state

    state = eventually(over)
    assert (state["done"], state["total"]) == (40, 40)
    played = [row for row in salon.history("effect") if row["actor"] == "scenario"]
    assert len({row["action"] for row in played}) >= 5
    assert not salon.history("sender.stumbled")


def test_a_busy_friday_can_be_stopped(salon: Any) -> None:
    salon.other_side.post("/sandbox/scenario", json={"speed": 1})
    twice = salon.other_side.post("/sandbox/scenario", json={"speed": 1, "start": True})
    assert twice.status_code == 409
    stopped = salon.other_side.post("/sandbox/scenario", json={"stop": True}).json()
    assert (stopped["running"], stopped["done"]) == (False, 0)


def test_a_busy_friday_can_be_shown_on_a_sunday_night(
    salon: Any, eventually: Callable[..., Any]
) -> None:
    salon.clock(now="2026-06-15T05:30:00Z")
    salon.other_side.post("/sandbox/scenario", json={"speed": 1000, "steps": 60})
    eventually(lambda: not salon.other_side.get("/sandbox/scenario").json()["running"])
    played = {row["action"] for row in salon.history("effect") if row["actor"] == "scenario"}
    assert {"appointment.checked_in", "appointment.completed", "sale.completed"} <= played


def test_a_checkout_rush_finishes_and_pays_people_one_after_the_other(
    salon: Any, eventually: Callable[..., Any]
) -> None:
    started = salon.other_side.post(
        "/sandbox/scenario", json={"name": "rush", "speed": 1000, "steps": 24}
    )
    assert started.status_code == 200
    state = "/sandbox/scenario?name=rush"
    eventually(lambda: not salon.other_side.get(state).json()["running"])
    played = Counter(row["action"] for row in salon.history("effect") if row["actor"] == "scenario")
    assert played["appointment.completed"] >= 3 and played["sale.completed"] >= 3
    assert played["appointment.checked_in"] >= 1
