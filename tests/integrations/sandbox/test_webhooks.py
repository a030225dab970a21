"""Webhooks: signed, retried, doubled, shuffled, held back; and as most salons have them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of a test secret").decode()
Eventually = Callable[..., Any]


def test_a_webhook_verifies_with_the_secret_and_with_no_other(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(secret=SECRET)
    made = salon.book()
    eventually(lambda: receiver.bodies("appointment.created"))
    headers, body = next(got for got in receiver.got if b"appointment.created" in got[1])
    assert Webhook(SECRET).verify(body, headers) == {
        "event": "appointment.created",
        "data": {
            "id": made["id"],
            "client_id": made["clientId"],
            "service_id": made["serviceId"],
            "start_time": made["startTime"],
            "staff_id": made["staffId"],
        },
    }
    other = "whsec_" + base64.b64encode(b"another secret of the same shape").decode()
    for secret, sent in ((other, body), (SECRET, body + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(sent, headers)


def test_each_happening_has_its_event(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(secret=SECRET)
    salon.turn(delivery_ms=0)
    made = salon.book()
    salon.api.patch(f"/appointments/{made['id']}", json={"notes": "x"})
    salon.act("check_in", id=made["id"])
    product = next(p for p in salon.records("product") if p["stock"])
    salon.act("check_out", id=made["id"], products=[{"productId": product["id"], "quantity": 1}])
    salon.act("feedback", appointmentId=made["id"], rating=5, comment="Thanks")
    salon.act("text", clientId=made["clientId"], body="hello")
    salon.act("waitlist_add", clientId=made["clientId"], serviceId="svc_701", locationId="loc_1")
    salon.act("edit_staff", id="sta_101", active=False)
    salon.act(
        "submit_form", id=next(f["id"] for f in salon.records("form") if f["status"] == "pending")
    )
    other = next(a for a in salon.records("appointment") if a["status"] == "booked")
    salon.act("cancel", id=other["id"], reason="sick")
    missed = next(a for a in salon.records("appointment") if a["status"] == "confirmed")
    salon.act("no_show", id=missed["id"])
    expected = {
        "client.updated",
        "appointment.created",
        "appointment.updated",
        "appointment.checked_in",
        "appointment.completed",
        "appointment.cancelled",
        "appointment.no_show",
        "sale.completed",
        "product.stock_changed",
        "feedback.received",
        "message.received",
        "message.status",
        "waitlist.updated",
        "staff.updated",
        "form.submitted",
    }
    eventually(lambda: {body["event"] for body in receiver.bodies()} == expected)
    heard = receiver.bodies("message.received")[0]["data"]
    assert set(heard) == {"id", "client_id", "channel", "body", "received_at", "in_reply_to"}


def test_a_refused_webhook_is_tried_eight_times_more_and_then_given_up(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(secret=SECRET, events=["staff.updated"])
    salon.turn(retry_scale=0)
    receiver.answers = [500, 404, 301, *([503] * 10)]
    salon.act("edit_staff", id="sta_101", skills=["massage"])
    eventually(lambda: salon.history("webhook.dead"))
    assert len(receiver.got) == 9
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_webhook_that_failed_once_arrives_by_its_retry(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(secret=SECRET, events=["staff.updated"])
    salon.turn(retry_scale=0.001)
    receiver.answers = [500]
    salon.act("edit_staff", id="sta_101", skills=["massage"])
    eventually(lambda: salon.history("webhook.delivered"))
    assert [row["data"]["status"] for row in salon.history("webhook")] == [500, 202]


def test_duplicates_carry_the_same_id_and_body(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(secret=SECRET, events=["staff.updated"])
    salon.turn(duplicate_webhooks=1)
    salon.act("edit_staff", id="sta_101", skills=["massage"])
    eventually(lambda: len(receiver.got) == 2)
    (first, body), (second, again) = receiver.got
    assert (first["webhook-id"], body) == (second["webhook-id"], again)


def test_held_back_webhooks_go_out_when_let_go(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(secret=SECRET, events=["staff.updated"])
    salon.turn(pause_webhooks=True)
    salon.act("edit_staff", id="sta_101", skills=["massage"])
    counts = salon.other_side.get("/sandbox/webhooks").json()["counts"]
    assert counts == {"pending": 1}
    salon.turn(pause_webhooks=False)
    eventually(lambda: len(receiver.got) == 1)


def test_shuffled_webhooks_all_arrive_in_another_order(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(secret=SECRET, events=["waitlist.updated"])
    salon.turn(shuffle_s=1.5)
    entries = [
        salon.act("waitlist_add", clientId="cli_1001", serviceId="svc_701", locationId="loc_1")
        for _ in range(12)
    ]
    eventually(lambda: len(receiver.got) == 12)
    order = [body["data"]["id"] for body in receiver.bodies()]
    wanted = [entry["id"] for entry in entries]
    assert sorted(order) == sorted(wanted)
    assert order != wanted


def test_a_change_that_is_refused_sends_nothing(salon: Any, receiver: Any, subscribe: Any) -> None:
    subscribe(secret=SECRET)
    made = salon.book()
    before = salon.other_side.get("/sandbox/webhooks").json()["deliveries"]
    salon.api.patch(f"/appointments/{made['id']}", json={"notes": "a", "status": "gone"})
    assert len(salon.other_side.get("/sandbox/webhooks").json()["deliveries"]) == len(before)


def test_as_most_salons_have_it_bodies_are_odd_and_unsigned(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(style="plain")
    made = salon.book(source="online")
    salon.act("check_in", id=made["id"])
    salon.act("check_out", id=made["id"])
    eventually(lambda: [body for body in receiver.bodies() if "sale" in body])
    headers, _ = receiver.got[0]
    assert not [name for name in headers if name.lower().startswith("webhook-")]
    first = next(body["appointment"] for body in receiver.bodies() if "appointment" in body)
    assert "staffId" not in json.dumps(first) and "endTime" not in json.dumps(first)
    assert first["dateTime"].endswith("-07:00")
    assert first["clientInfo"]["phone"] == "213-555-0177"
    assert isinstance(first["id"], int)
    assert first["services"][0]["service"]["category"] == {"name": "Massage"}
    assert not [body for body in receiver.bodies() if "event" in body]


def test_a_subscription_of_one_location_hears_nothing_of_the_other(
    salon: Any, receiver: Any, subscribe: Any, eventually: Eventually
) -> None:
    subscribe(style="plain", location="loc_2")
    salon.act("check_in", id=salon.book(source="online")["id"])
    subscribe(style="plain", location="loc_1")
    made = salon.book(source="online")
    eventually(lambda: [body for body in receiver.bodies() if "appointment" in body])
    heard = {body["appointment"]["id"] for body in receiver.bodies() if "appointment" in body}
    assert heard == {int(made["id"].partition("_")[2])}


def test_the_limited_token_and_the_knob_leave_only_webhooks(salon: Any) -> None:
    limited = {"Authorization": "Bearer a-token-for-webhooks-only"}
    assert salon.api.get("/clients", headers=limited).status_code == 404
    assert salon.api.post("/communications", json={}, headers=limited).status_code == 403
    salon.turn(webhooks_only=True)
    assert salon.api.get("/clients").status_code == 404
    assert salon.api.patch("/clients/cli_1001", json={"tags": []}).status_code == 403


def test_a_subscription_needs_a_url_and_a_secret(salon: Any, subscribe: Any, receiver: Any) -> None:
    for order in ({"url": "ftp://x", "secret": SECRET}, {"url": receiver.url}, {}):
        answer = salon.other_side.post("/sandbox/webhooks", json=order)
        assert answer.status_code == 400
    first, second = subscribe(secret=SECRET), subscribe(style="plain")
    assert "secret" not in first
    known = salon.other_side.get("/sandbox/webhooks").json()["subscriptions"]
    assert known == [second]
