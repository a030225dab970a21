"""Texts and mails: consent, the log, idempotency, the phone's answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

NO = {"transactional": False, "marketing": False, "at": None}


def send(salon: Any, client_id: str, key: str = "", **more: Any) -> httpx.Response:
    order = {"clientId": client_id, "channel": "sms", "body": "See you at 10", "reference": "r1"}
    headers = {"Idempotency-Key": key} if key else {}
    return salon.api.post("/communications", json=order | more, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_text_is_logged_with_its_reference_and_arrives(
    salon: Any, eventually: Callable[..., Any]
) -> None:
    salon.turn(delivery_ms=0)
    made = salon.client()
    sent = send(salon, made["id"], tags=["drafted with AI"]).json()
    assert sent["status"] == "queued"

    def arrived() -> Any:
        found = salon.api.get("/communications", params={"reference": "r1"}).json()["data"]
        return found if found[0]["status"] == "delivered" else None

    found = eventually(arrived)
    assert [m["id"] for m in found] == [sent["id"]]
    assert found[0]["tags"] == ["drafted with AI"]
    assert found[0]["to"] == made["phone"]


def test_a_text_needs_consent_a_number_and_no_opt_out(salon: Any) -> None:
    silent = salon.client(consent={"sms": NO, "email": NO})
    assert code(send(salon, silent["id"])) == (422, "no_consent")
    assert code(send(salon, silent["id"], channel="email")) == (422, "no_consent")
    unreachable = salon.client(phone=None)
    assert code(send(salon, unreachable["id"])) == (422, "no_contact")
    stopped = salon.client(phone="+12135550188")
    salon.act("text", clientId=stopped["id"], body=" Stop. ")
    assert code(send(salon, stopped["id"])) == (422, "opted_out")
    assert salon.record(stopped["id"])["consent"]["sms"]["optedOutAt"]
    salon.act("text", clientId=stopped["id"], body="START")
    assert send(salon, stopped["id"]).status_code == 201
    assert code(send(salon, stopped["id"], tags=["purpose:marketing"])) == (422, "no_consent")
    assert len(salon.history("message.sent")) == 1


def test_one_confirmation_of_an_opt_out_is_let_through_soon_after_it(salon: Any) -> None:
    answer = {"tags": ["opt_out_answer"], "body": "No more texts from us."}
    stopped, later = salon.client(phone="+12135550181"), salon.client(phone="+12135550182")
    for one in (stopped, later):
        salon.act("text", clientId=one["id"], body="STOP")
    assert code(send(salon, stopped["id"])) == (422, "opted_out")
    assert send(salon, stopped["id"], **answer).status_code == 201
    assert code(send(salon, stopped["id"], **answer)) == (422, "opted_out")
    salon.clock(advance=301)
    assert code(send(salon, later["id"], **answer)) == (422, "opted_out")


def test_wrong_messages_are_refused_with_a_reason(salon: Any) -> None:
    made = salon.client()
    assert code(send(salon, made["id"], channel="pigeon")) == (400, "bad_channel")
    assert code(send(salon, made["id"], body=" ")) == (400, "no_body")
    assert code(send(salon, made["id"], tags="x")) == (400, "bad_tags")
    assert code(send(salon, "cli_0")) == (422, "unknown_client")


def test_the_same_key_and_body_get_the_first_answer_again(salon: Any) -> None:
    made = salon.client()
    first, second = send(salon, made["id"], "k1"), send(salon, made["id"], "k1")
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotency-replayed"] == "true"
    other = send(salon, made["id"], "k1", body="Another")
    assert code(other) == (409, "idempotency_mismatch")
    assert len(salon.history("message.sent")) == 1


def test_a_refusal_is_repeated_for_its_key_too(salon: Any) -> None:
    silent = salon.client(consent={"sms": NO, "email": NO})
    assert code(send(salon, silent["id"], "k2")) == (422, "no_consent")
    allowed = {"transactional": True, "marketing": False, "at": "2026-06-12T17:00:00Z"}
    salon.act("edit_client", id=silent["id"], consent={"sms": allowed})
    assert code(send(salon, silent["id"], "k2")) == (422, "no_consent")
    assert send(salon, silent["id"], "k3").status_code == 201


def test_a_key_is_forgotten_after_a_day(salon: Any) -> None:
    made = salon.client()
    first = send(salon, made["id"], "k1").json()
    salon.clock(advance=24 * 3600 + 1)
    second = send(salon, made["id"], "k1").json()
    assert second["id"] != first["id"]


def test_thirty_requests_at_once_with_one_key_send_one_text(salon: Any) -> None:
    made = salon.client()
    order = {"clientId": made["id"], "channel": "sms", "body": "Once", "reference": "once"}
    headers = {"Idempotency-Key": "same"}

    def post(_: int) -> str:
        answer = salon.api.post("/communications", json=order, headers=headers, timeout=20)
        return str(answer.json()["id"])

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(post, range(30)))
    assert len(answers) == 1
    assert len(salon.history("message.sent")) == 1
    assert len(salon.history("call", subject=answers.pop())) == 30


def test_a_text_from_a_shared_phone_counts_for_whom_we_wrote_to(salon: Any) -> None:
    parent = salon.client(firstName="Parent", phone="+12135550166")
    child = salon.client(firstName="Child", phone="+12135550166")
    ours = send(salon, child["id"]).json()
    heard = salon.act("text", clientId=parent["id"], body="1")
    assert (heard["clientId"], heard["inReplyTo"]) == (child["id"], ours["id"])
    salon.act("text", clientId=parent["id"], body="STOP")
    for one in (parent, child):
        assert salon.record(one["id"])["consent"]["sms"]["optedOutAt"]


def test_the_log_of_a_client_shows_both_directions_since_a_moment(salon: Any) -> None:
    made = salon.client()
    send(salon, made["id"])
    moment = salon.clock(advance=60)["now"]
    salon.act("text", clientId=made["id"], body="ok")
    log = salon.api.get("/communications", params={"clientId": made["id"]}).json()["data"]
    assert {m["direction"] for m in log} == {"outbound", "inbound"}
    since = {"clientId": made["id"], "since": moment}
    later = salon.api.get("/communications", params=since).json()["data"]
    assert [m["body"] for m in later] == ["ok"]


@pytest.mark.parametrize(("knob", "status"), [(0.0, "delivered"), (1.0, "failed")])
def test_a_failing_carrier_is_reported(
    salon: Any, eventually: Callable[..., Any], knob: float, status: str
) -> None:
    salon.turn(delivery_ms=0, delivery_failures=knob)
    sent = send(salon, salon.client()["id"]).json()
    eventually(lambda: salon.record(sent["id"])["status"] == status)
    assert ("failureReason" in salon.record(sent["id"])) == (status == "failed")


def test_the_platform_can_confirm_by_itself(salon: Any) -> None:
    salon.turn(sends_confirmations=True)
    made = salon.book()
    log = salon.api.get("/communications", params={"clientId": made["clientId"]}).json()["data"]
    assert [(m["source"], m["channel"]) for m in log] == [("platform", "sms")]
