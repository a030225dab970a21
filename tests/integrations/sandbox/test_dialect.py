"""The API speaks the dialect: records, lists, changes, refusals."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

MICRO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
LISTS = (
    "appointments",
    "clients",
    "waitlist",
    "communications",
    "services",
    "products",
    "staff",
    "locations",
    "sales",
    "shifts",
    "forms",
    "feedback",
)


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"]["message"]
    return answer.status_code, answer.json()["error"]["code"]


def everything(salon: Any, path: str, **params: Any) -> list[dict[str, Any]]:
    rows, cursor = [], None
    while True:
        extra = {"cursor": cursor} if cursor else {}
        page = salon.api.get(f"/{path}", params=params | extra).json()
        rows += page["data"]
        cursor = page["nextCursor"]
        if cursor is None:
            return rows


@pytest.mark.parametrize("path", LISTS)
def test_every_list_pages_through_all_records_once(salon: Any, path: str) -> None:
    rows = everything(salon, path, limit=7)
    ids = [row["id"] for row in rows]
    stamps = [(row["updatedAt"], row["id"]) for row in rows]
    assert len(ids) == len(set(ids)) > 0
    assert stamps == sorted(stamps)
    assert all(MICRO.match(row["updatedAt"]) for row in rows)
    assert not [key for row in rows for key in row if key.startswith("_")]


def test_a_list_gives_a_hundred_at_most_and_says_so(salon: Any) -> None:
    assert refused(salon.api.get("/clients", params={"limit": 101})) == (400, "bad_limit")
    assert refused(salon.api.get("/clients", params={"cursor": "junk"})) == (400, "bad_cursor")
    assert refused(salon.api.get("/clients", params={"colour": "1"})) == (400, "unknown_parameter")


def test_updated_since_includes_the_same_moment_and_nothing_older(salon: Any) -> None:
    rows = everything(salon, "clients")
    middle = rows[len(rows) // 2]["updatedAt"]
    later = everything(salon, "clients", updatedSince=middle)
    assert later == [row for row in rows if row["updatedAt"] >= middle]


def test_an_appointment_has_the_given_fields(salon: Any) -> None:
    made = salon.book()
    read = salon.api.get(f"/appointments/{made['id']}").json()
    assert read == made
    assert set(read) == {
        "id",
        "clientId",
        "serviceId",
        "serviceName",
        "staffId",
        "staffName",
        "locationId",
        "resourceId",
        "startTime",
        "endTime",
        "status",
        "price",
        "source",
        "bookedAt",
        "visitId",
        "notes",
        "updatedAt",
    }
    assert read["status"] == "booked"
    assert read["price"] == {"amount": "120.00", "currency": "USD"}


def test_a_client_has_the_given_fields(salon: Any) -> None:
    read = salon.api.get("/clients/cli_1001").json()
    assert {"firstName", "consent", "preferences", "services", "customFields"} <= set(read)
    assert set(read["metrics"]) == {"visitCount", "noShowCount", "lateCancelCount", "totalSpend"}
    assert set(read["consent"]) == {"sms", "email"}


def test_a_call_without_the_right_token_is_turned_away(salon: Any) -> None:
    for header in ("", "Bearer wrong", "Basic abc"):
        answer = httpx.get(f"{salon.url}/v1/clients", headers={"Authorization": header})
        assert refused(answer) == (401, "unauthorized")


def test_what_does_not_exist_is_not_found(salon: Any) -> None:
    assert refused(salon.api.get("/appointments/apt_0")) == (404, "not_found")
    assert refused(salon.api.get("/clients/apt_1001")) == (404, "not_found")
    assert refused(salon.api.get("/nothing")) == (404, "not_found")
    assert refused(salon.api.delete("/clients/cli_1001")) == (405, "method_not_allowed")


def test_a_body_that_is_no_json_object_is_refused(salon: Any) -> None:
    for body in (b"{", b"[1]", b'"x"', b"\xff"):
        assert refused(salon.api.post("/communications", content=body)) == (400, "bad_json")


def test_appointments_are_found_by_time_client_and_location(salon: Any) -> None:
    made = salon.book()
    window = {"from": made["startTime"], "to": made["endTime"], "locationId": "loc_1"}
    assert made["id"] in {a["id"] for a in everything(salon, "appointments", **window)}
    window["from"] = made["endTime"]
    assert made["id"] not in {a["id"] for a in everything(salon, "appointments", **window)}
    own = everything(salon, "appointments", clientId=made["clientId"])
    assert [a["id"] for a in own] == [made["id"]]


def test_clients_are_searched_without_accents_or_case(salon: Any) -> None:
    made = salon.client(firstName="Zoë", lastName="Ångström_100%")
    for query in ("zoe", "ANGSTROM", "ang zo", "_100%"):
        assert made["id"] in {c["id"] for c in everything(salon, "clients", query=query)}
    assert everything(salon, "clients", query="%%%") == []


def test_a_free_slot_can_be_booked_once(salon: Any) -> None:
    order = salon.free_slot() | {"clientId": salon.client()["id"]}
    assert salon.api.post("/appointments", json=order).status_code == 201
    assert refused(salon.api.post("/appointments", json=order)) == (409, "slot_taken")
    assert order["startTime"] != salon.free_slot()["startTime"]


def test_twenty_people_after_one_slot_leave_one_appointment(salon: Any) -> None:
    order = salon.free_slot() | {"clientId": salon.client()["id"]}

    def book(_: int) -> int:
        return int(salon.api.post("/appointments", json=order, timeout=20).status_code)

    with ThreadPoolExecutor(10) as pool:
        answers = sorted(pool.map(book, range(20)))
    assert answers == [201] + [409] * 19
    assert len(salon.history("appointment.booked")) == 1


def test_a_time_outside_shifts_or_in_the_past_is_refused(salon: Any) -> None:
    order = salon.free_slot() | {"clientId": salon.client()["id"]}
    night = order | {"startTime": "2026-06-17T09:00:00Z"}
    assert refused(salon.api.post("/appointments", json=night)) == (409, "slot_taken")
    past = order | {"startTime": "2026-06-10T18:00:00Z"}
    assert refused(salon.api.post("/appointments", json=past)) == (422, "in_the_past")
    hair = order | {"staffId": "sta_102"}
    assert refused(salon.api.post("/appointments", json=hair)) == (422, "staff_cannot")
    nobody = order | {"clientId": "cli_0"}
    assert refused(salon.api.post("/appointments", json=nobody)) == (422, "unknown_client")
    vague = order | {"startTime": "2026-06-17T09:00:00"}
    assert refused(salon.api.post("/appointments", json=vague)) == (400, "bad_time")


def test_services_that_follow_each_other_are_one_visit(salon: Any) -> None:
    first = salon.book()
    second = salon.api.post(
        "/appointments",
        json={
            "clientId": first["clientId"],
            "serviceId": "svc_707",
            "staffId": first["staffId"],
            "locationId": "loc_1",
            "startTime": first["endTime"],
        },
    )
    assert second.json()["visitId"] == first["visitId"]
    third = salon.book(
        clientId=first["clientId"],
        **{k: v for k, v in salon.free_slot(-1).items() if k in ("startTime", "staffId")},
    )
    assert third["visitId"] != first["visitId"]


def test_a_patch_changes_only_what_it_may(salon: Any) -> None:
    made = salon.book()
    path = f"/appointments/{made['id']}"
    noted = salon.api.patch(path, json={"notes": "Room with a window"}).json()
    assert noted["notes"] == "Room with a window"
    assert noted["updatedAt"] > made["updatedAt"]
    assert refused(salon.api.patch(path, json={"price": 1})) == (400, "unknown_field")
    assert refused(salon.api.patch(path, json={"status": "gone"})) == (400, "bad_status")
    done = salon.api.patch(path, json={"status": "completed"})
    assert done.json()["status"] == "completed"
    assert refused(salon.api.patch(path, json={"status": "booked"})) == (422, "bad_transition")


def test_a_patch_that_changes_nothing_leaves_no_trace(salon: Any) -> None:
    made = salon.book()
    before = salon.history("effect")
    again = salon.api.patch(f"/appointments/{made['id']}", json={"status": "booked", "notes": ""})
    assert again.json() == made
    assert salon.history("effect") == before


def test_if_match_refuses_a_change_on_an_old_reading(salon: Any) -> None:
    made = salon.book()
    path, header = f"/appointments/{made['id']}", {"If-Match": made["updatedAt"]}
    assert salon.api.patch(path, json={"notes": "a"}, headers=header).status_code == 200
    late = salon.api.patch(path, json={"notes": "b"}, headers=header)
    assert refused(late) == (412, "changed")
    assert salon.record(made["id"])["notes"] == "a"


def test_moving_keeps_the_length_and_respects_the_calendar(salon: Any) -> None:
    made, other = salon.book(), salon.book()
    path = f"/appointments/{made['id']}"
    taken = salon.api.patch(
        path, json={"startTime": other["startTime"], "staffId": other["staffId"]}
    )
    assert refused(taken) == (409, "slot_taken")
    slot = salon.free_slot(3)
    moved = salon.api.patch(path, json={"startTime": slot["startTime"]}).json()
    assert moved["startTime"] == slot["startTime"]
    assert moved["endTime"] > moved["startTime"]


def test_a_cancelled_appointment_frees_its_slot_and_can_come_back(salon: Any) -> None:
    made = salon.book()
    path = f"/appointments/{made['id']}"
    gone = salon.api.patch(path, json={"status": "cancelled"}).json()
    assert gone["cancelledAt"] == "2026-06-12T17:00:00Z"
    assert gone["cancelReason"]
    assert salon.free_slot()["startTime"] == made["startTime"]
    back = salon.api.patch(path, json={"status": "booked"}).json()
    assert "cancelledAt" not in back
    salon.api.patch(path, json={"status": "cancelled"})
    salon.book(clientId=made["clientId"])
    assert refused(salon.api.patch(path, json={"status": "booked"})) == (409, "slot_taken")


def test_counters_of_a_client_follow_what_happened(salon: Any) -> None:
    made = salon.book()
    salon.clock(now=made["startTime"])
    salon.act("check_in", id=made["id"])
    salon.act("complete", id=made["id"])
    salon.act("check_out", id=made["id"], tip="20")
    after = salon.record(made["clientId"])
    assert after["metrics"] == {
        "visitCount": 1,
        "noShowCount": 0,
        "lateCancelCount": 0,
        "totalSpend": {"amount": "140.00", "currency": "USD"},
    }
    assert after["lastVisitDate"] == made["startTime"][:10]
    assert after["services"][0]["name"] == "Hot stone massage"
    late = salon.book(clientId=made["clientId"])
    salon.clock(now=late["startTime"])
    salon.act("cancel", id=late["id"])
    assert salon.record(made["clientId"])["metrics"]["lateCancelCount"] == 1


def test_custom_fields_are_merged_and_the_rest_is_closed(salon: Any) -> None:
    made = salon.client(customFields={"parking": "yes"})
    path = f"/clients/{made['id']}"
    changed = salon.api.patch(
        path, json={"customFields": {"ai_prep_summary": "Calm"}, "tags": ["vip"]}
    ).json()
    assert changed["customFields"] == {"parking": "yes", "ai_prep_summary": "Calm"}
    assert changed["tags"] == ["vip"]
    assert refused(salon.api.patch(path, json={"phone": "1"})) == (400, "unknown_field")


def test_a_note_is_added_to_a_client(salon: Any) -> None:
    made = salon.client()
    answer = salon.api.post(f"/clients/{made['id']}/notes", json={"body": "Hi", "source": "desk"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "createdAt"}
    assert salon.history("note.added")[0]["data"]["body"] == "Hi"


def test_deleted_and_merged_clients_stay_listed(salon: Any) -> None:
    gone, kept = salon.client(), salon.client(firstName="Kept")
    made = salon.book(clientId=gone["id"])
    salon.act("merge_clients", id=gone["id"], into=kept["id"])
    listed = {c["id"]: c for c in everything(salon, "clients")}
    assert listed[gone["id"]]["mergedInto"] == kept["id"]
    assert listed[gone["id"]]["deletedAt"]
    assert salon.record(made["id"])["clientId"] == kept["id"]
    sent = salon.api.post(
        "/communications", json={"clientId": gone["id"], "channel": "sms", "body": "Hello"}
    )
    assert sent.json()["clientId"] == kept["id"]


def test_the_waitlist_is_kept_over_the_api(salon: Any) -> None:
    added = salon.api.post(
        "/waitlist",
        json={"clientId": salon.client()["id"], "serviceId": "svc_701", "locationId": "loc_1"},
    )
    assert added.status_code == 201
    path = f"/waitlist/{added.json()['id']}"
    assert salon.api.patch(path, json={"status": "offered"}).json()["status"] == "offered"
    assert refused(salon.api.patch(path, json={"status": "lost"})) == (400, "bad_status")
    removed = salon.api.delete(path).json()
    assert removed["status"] == "removed" and removed["deletedAt"]
    listed = {w["id"] for w in everything(salon, "waitlist", locationId="loc_1")}
    assert added.json()["id"] in listed


def test_an_order_of_products_is_checked(salon: Any) -> None:
    product = salon.records("product")[0]
    line = {"productId": product["id"], "quantity": 3}
    good = {"supplierId": product["supplier"]["id"], "lines": [line]}
    assert salon.api.post("/purchase-orders", json=good).status_code == 201
    other = salon.api.post("/purchase-orders", json=good | {"supplierId": "sup_9"})
    assert refused(other) == (422, "other_supplier")
    assert refused(salon.api.post("/purchase-orders", json={})) == (400, "no_lines")


def test_a_sale_has_a_line_for_each_thing_paid(salon: Any) -> None:
    made = salon.book()
    product = next(p for p in salon.records("product") if p["stock"] > 2)
    salon.act("check_in", id=made["id"])
    sale = salon.act(
        "check_out",
        id=made["id"],
        tip="12.50",
        discount="10",
        products=[{"productId": product["id"], "quantity": 2}],
    )
    lines = [(line["type"], line["amount"]["amount"]) for line in sale["lines"]]
    price = f"{float(product['price']['amount']) * 2:.2f}"
    assert lines == [
        ("service", "120.00"),
        ("product", price),
        ("discount", "-10.00"),
        ("tip", "12.50"),
    ]
    assert salon.record(product["id"])["stock"] == product["stock"] - 2
    again = salon.other_side.post("/sandbox/act", json={"action": "check_out", "id": made["id"]})
    assert refused(again) == (409, "already_paid")
