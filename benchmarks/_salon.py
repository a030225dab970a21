"""The demo's salon for a benchmark: agents on, an empty queue, and free slots to book."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from benchmarks.stack import SANDBOX_TOKEN, Stack
from integrations.sandbox.remote import Remote

LAUNCH = [
    "--disable-background-networking",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--no-sandbox",
]


@dataclass(frozen=True)
class ToBook:
    """One booking to make, as the sandbox's ``book`` act takes it."""

    order: dict[str, str]


def open_salon(made: Stack) -> Remote:
    """Sandbox, web, stream, workers and beat, with the demo's connection; its queue is emptied."""
    made.sandbox()
    made.web()
    made.stream()
    made.workers()
    made.beat()
    made.manage("demo_setup", "--one-connection")
    clear_queue()
    return Remote(made.url("sandbox"))


def clear_queue() -> None:
    """Close every live draft, so that a list of fifty has room for what comes."""
    from approvals.models import ApprovalItem
    from approvals.services.items import item_withdraw
    from core.audit import Actor

    for pk in ApprovalItem.objects.filter(state__in=ApprovalItem.OPEN).values_list("pk", flat=True):
        item_withdraw(actor=Actor.system("benchmark"), item_id=pk, reason="Room for the next.")


def bookings(made: Stack, remote: Remote) -> Iterator[ToBook]:
    """Bookings that are possible, each for another client, at another time."""
    clients = [
        one["id"]
        for one in remote.get("records/client")["data"]
        if one.get("phone") and one.get("email") and _allows(one, "sms") and _allows(one, "email")
    ]
    free = _free_slots(made, remote)
    for client, slot in zip(clients, free, strict=False):
        yield ToBook({"clientId": client, **slot})


def _allows(client: dict[str, Any], channel: str) -> bool:
    return bool(((client["consent"] or {}).get(channel) or {}).get("transactional"))


def _free_slots(made: Stack, remote: Remote) -> Iterator[dict[str, str]]:
    http = httpx.Client(
        base_url=made.url("sandbox"), headers={"Authorization": f"Bearer {SANDBOX_TOKEN}"}
    )
    begin = datetime.now(UTC) + timedelta(days=2)
    taken: dict[str, list[tuple[str, str]]] = {}
    for place in remote.get("records/location")["data"]:
        for service in remote.get("records/service")["data"]:
            answer = http.get(
                "/v1/availability",
                params={
                    "locationId": place["id"],
                    "serviceId": service["id"],
                    "from": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
                    "to": f"{begin + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}",
                },
            ).json()
            for slot in answer.get("data", []):
                if _clashes(taken, slot):
                    continue
                yield {
                    "serviceId": service["id"],
                    "locationId": place["id"],
                    "staffId": slot["staffId"],
                    "startTime": slot["startTime"],
                }


def _clashes(taken: dict[str, list[tuple[str, str]]], slot: dict[str, Any]) -> bool:
    """Whether a slot overlaps one given out already (same person or same room)."""
    span = (slot["startTime"], slot["endTime"])
    keys = [slot["staffId"], *([slot["resourceId"]] if slot.get("resourceId") else [])]
    if any(a < span[1] and span[0] < b for key in keys for a, b in taken.get(key, [])):
        return True
    for key in keys:
        taken.setdefault(key, []).append(span)
    return False
