"""The made-up salon: the same for the same seed, of the promised size, believable, awkward."""

from __future__ import annotations

import csv
import io
import json
import os
import statistics
import subprocess
import sys
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

NOON = "2026-06-12T17:00:00Z"
PROGRAM = """
import json, sys
from integrations.sandbox import clock
from integrations.sandbox.seed.build import salon
clock.restore(None)
json.dump(salon(int(sys.argv[1]), small=False), sys.stdout)
"""
ROOT = Path(__file__).parents[3]


def grown(seed: int, tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    env = os.environ | {"SANDBOX_NOW": NOON, "SANDBOX_STATE": str(tmp_path / "none.sqlite3")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seed)],
        env=env,
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    return grown(7, tmp_path_factory.mktemp("seed"))


def test_the_same_seed_and_day_make_the_same_salon(full: Any, tmp_path: Path) -> None:
    assert grown(7, tmp_path) == full
    assert grown(8, tmp_path) != full


def test_the_salon_has_the_promised_size(full: Any) -> None:
    counts = {kind: len(records) for kind, records in full.items()}
    assert {k: counts[k] for k in ("location", "staff", "service", "product", "client")} == {
        "location": 2,
        "staff": 12,
        "service": 30,
        "product": 80,
        "client": 400,
    }
    assert counts["waitlist"] == 25
    assert counts["appointment"] > 600 and counts["sale"] > 300
    assert {r["role"] for s in full["staff"] for r in s["roles"]} == {
        "owner",
        "manager",
        "front_desk",
        "provider",
    }
    assert len({place["timezone"] for place in full["location"]}) == 2
    assert len(full["location"][0]["openingHours"]) == 5


def test_everybody_is_plainly_made_up(full: Any) -> None:
    for person in (*full["client"], *full["staff"]):
        assert person["email"] is None or person["email"].endswith("@example.com")
        assert person["phone"] is None or person["phone"][-7:-2] == "55501"


def test_consents_and_contacts_differ(full: Any) -> None:
    clients = full["client"]
    phones = Counter(c["phone"] for c in clients if c["phone"])
    assert 5 < sum(n > 1 for n in phones.values()) < 60
    assert any(c["phone"] is None for c in clients) and any(c["email"] is None for c in clients)
    assert 8 < sum("optedOutAt" in c["consent"]["sms"] for c in clients) < 50
    only_mail = [
        c
        for c in clients
        if c["consent"]["email"]["transactional"] and not c["consent"]["sms"]["transactional"]
    ]
    nothing = [
        c
        for c in clients
        if not c["consent"]["email"]["transactional"] and not c["consent"]["sms"]["transactional"]
    ]
    assert len(only_mail) > 10 and len(nothing) > 10
    assert any(c["locale"] == "es-US" for c in clients)
    assert all("ai_prep_summary" in c["customFields"] for c in clients)


def test_awkward_names_are_among_the_clients(full: Any) -> None:
    names = {f"{c['firstName']} {c['lastName']}" for c in full["client"]}
    for wanted in ("Null None", "<b>Bobby</b> <script>alert(1)</script>", "מרים לוי", "J K"):
        assert wanted in names


def test_nobody_is_in_two_places_and_no_room_is_used_twice(full: Any) -> None:
    live = [a for a in full["appointment"] if a["status"] not in ("cancelled", "no_show")]
    for key in ("staffId", "resourceId", "clientId"):
        spans: dict[str, list[tuple[str, str]]] = {}
        for a in live:
            spans.setdefault(a[key], []).append((a["startTime"], a["endTime"]))
        for taken in spans.values():
            taken.sort()
            overlaps = [(x, y) for x, y in pairwise(taken) if y[0] < x[1]]
            assert overlaps == [], key


def test_the_past_is_done_and_the_future_is_open(full: Any) -> None:
    for a in full["appointment"]:
        if a["endTime"] <= NOON:
            assert a["status"] in ("completed", "no_show", "cancelled")
        elif a["startTime"] > NOON:
            assert a["status"] in ("booked", "confirmed", "cancelled")
        assert a["bookedAt"] <= a["startTime"] and a["bookedAt"] <= NOON
    stamps = [r["updatedAt"] for records in full.values() for r in records]
    assert max(stamps) <= NOON[:-1] + ".000000Z"


def test_unreliable_clients_stay_away_more_often(full: Any) -> None:
    missed: dict[bool, list[float]] = {True: [], False: []}
    for c in full["client"]:
        counted = c["metrics"]
        if counted["visitCount"] > 4:
            share = counted["noShowCount"] / counted["visitCount"]
            missed[c["_miss"] > 0.2].append(share)
    rate = {key: sum(values) / len(values) for key, values in missed.items()}
    assert rate[True] > 5 * rate[False] > 0


def test_every_reference_points_to_a_record(full: Any) -> None:
    known = {r["id"] for records in full.values() for r in records}
    keys = ("clientId", "serviceId", "staffId", "locationId", "appointmentId")
    for records in full.values():
        for record in records:
            for key in keys:
                assert record.get(key) is None or record[key] in known, (record["id"], key)


def test_exports_hold_every_living_record(salon: Any) -> None:
    made = salon.client(lastName='Quote " and, comma')
    for kind, filename in (
        ("client", "clients"),
        ("appointment", "appointments"),
        ("waitlist", "waitlist"),
    ):
        answer = salon.other_side.get(f"/exports/{filename}.csv")
        text = answer.content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == len(salon.records(kind))
        if kind == "client":
            last = next(row for row in rows if row["Client ID"] == made["id"])
            assert (last["Last Name"], last["SMS Reminders"]) == ('Quote " and, comma', "Yes")


def test_the_exports_of_one_location_hold_nothing_of_the_other(salon: Any) -> None:
    for kind, filename in (("appointment", "appointments"), ("waitlist", "waitlist")):
        answer = salon.other_side.get(f"/exports/{filename}.csv?location=loc_1")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        here = [one for one in salon.records(kind) if one["locationId"] == "loc_1"]
        assert len(rows) == len(here) < len(salon.records(kind))
        assert {row["Location"] for row in rows} == {"Maple Street"}


def test_a_client_with_a_word_on_one_channel_only_is_exported_and_shown(salon: Any) -> None:
    made = salon.client(consent={"email": {"transactional": True}})
    answer = salon.other_side.get("/exports/clients.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    last = next(row for row in rows if row["Client ID"] == made["id"])
    said = [last[name] for name in ("SMS Reminders", "Email Reminders", "Email Marketing")]
    assert said == ["No", "Yes", "No"]
    assert salon.other_side.get(f"/phones/{made['id']}").status_code == 200


def test_a_reset_brings_a_fresh_salon_and_new_ids_continue(salon: Any) -> None:
    before = salon.records("client")
    salon.client()
    salon.other_side.post("/sandbox/reset", json={"small": True, "seed": 7})
    assert salon.records("client") == before
    assert salon.client()["id"] == f"cli_{1001 + len(before)}"


def test_help_and_seeding_alone_work_from_the_command_line(tmp_path: Path) -> None:
    env = os.environ | {"SANDBOX_STATE": str(tmp_path / "s.sqlite3"), "SANDBOX_SMALL": "1"}
    command = [sys.executable, "-m", "integrations.sandbox"]
    helped = subprocess.run([*command, "--help"], env=env, cwd=ROOT, capture_output=True, text=True)
    assert helped.returncode == 0 and "SANDBOX_TOKEN" in helped.stdout
    subprocess.run([*command, "--seed-only"], env=env, cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "s.sqlite3").stat().st_size > 100_000
    wrong = subprocess.run(
        command, env=env | {"SANDBOX_PORT": "x"}, cwd=ROOT, capture_output=True, text=True
    )
    assert wrong.returncode != 0 and "SANDBOX_PORT" in wrong.stderr


def test_people_buy_their_own_brand_again_when_the_bottle_is_empty(full: Any) -> None:
    products = {one["id"]: one for one in full["product"]}
    assert all(
        0 < float(p["cost"]["amount"]) < float(p["price"]["amount"]) for p in full["product"]
    )
    assert all(p["ingredients"] for p in full["product"])
    at_the_counter = [sale for sale in full["sale"] if not sale["visitId"]]
    assert 300 < len(at_the_counter) < 1200
    days: dict[tuple[str, str], list[datetime]] = {}
    brands: dict[str, set[str]] = {}
    for sale in at_the_counter:
        for line in sale["lines"]:
            key = (sale["clientId"], line["productId"])
            days.setdefault(key, []).append(datetime.fromisoformat(sale["completedAt"]))
            brands.setdefault(sale["clientId"], set()).add(products[line["productId"]]["brand"])
    assert {len(held) for held in brands.values()} == {1}
    gaps = [
        (later - before).days for held in days.values() for before, later in pairwise(sorted(held))
    ]
    assert 55 < statistics.median(gaps) < 110
    assert len({sale["id"] for sale in full["sale"]}) == len(full["sale"])
