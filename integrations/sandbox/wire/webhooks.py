"""Webhooks on their way out: an outbox written with the change itself.

A delivery is a row in the same transaction as the change, so neither can exist without the other.
"""

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from integrations.sandbox import clock, history, knobs
from integrations.sandbox.config import config
from integrations.sandbox.errors import Refused
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire import plain
from integrations.sandbox.wire.bell import bell

STYLES = ("signed", "plain")


def subscriptions() -> list[Record]:
    return json.loads(store().setting("subscriptions") or "[]")


def subscribe(order: Record, actor: str) -> Record:
    """Registers {url, secret, style, events, location}; the same URL again replaces it.

    style "signed" follows Standard Webhooks and needs a secret; "plain" is the platform as most
    salons have it: unsigned, odd bodies, the secret is in the URL.
    """
    url = str(order.get("url", ""))
    style = order.get("style", "signed")
    secret = str(order.get("secret") or config().webhook_secret)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Refused(400, "bad_url", "url must be a full http or https address.")
    if style not in STYLES:
        raise Refused(400, "bad_style", "style is signed or plain.")
    if style == "signed" and not secret:
        raise Refused(400, "no_secret", "A signed subscription needs a secret (whsec_…).")
    with store().write():
        made = {
            "id": store().next_id("whk"),
            "url": url,
            "style": style,
            "secret": secret,
            "events": order.get("events") or [],
            "location": str(order.get("location") or ""),
        }
        _keep([s for s in subscriptions() if s["url"] != url] + [made])
        history.add("effect", "webhooks.subscribed", actor, made["id"], url=url, style=style)
    return shown(made)


def unsubscribe(ident: str, actor: str) -> None:
    with store().write():
        _keep([s for s in subscriptions() if s["id"] != ident])
        history.add("effect", "webhooks.unsubscribed", actor, ident)


def shown(subscription: Record) -> Record:
    return {key: value for key, value in subscription.items() if key != "secret"}


def _keep(many: list[Record]) -> None:
    store().keep("subscriptions", json.dumps(many))


def emit(event: str, data: Record, record: Record) -> None:
    """Puts one delivery per subscription in the outbox; call it inside the change's transaction.

    data: the thin body of the dialect; record: what a plain subscription's body is made from.
    """
    for subscription in subscriptions():
        if subscription["events"] and event not in subscription["events"]:
            continue
        if subscription.get("location") and _elsewhere(record, subscription["location"]):
            continue
        body: Any = {"event": event, "data": data}
        if subscription["style"] == "plain":
            body = plain.body(event, record)
            if body is None:
                continue
        _queue(subscription["id"], event, json.dumps(body, ensure_ascii=False))
    store().after_commit(bell.set)


def _elsewhere(record: Record, location: str) -> bool:
    """Of another location; what belongs to none (a client) concerns all."""
    return record.get("locationId", location) != location


def _queue(subscription: str, event: str, body: str) -> None:
    webhook_id = f"whd_{secrets.token_hex(12)}"
    copies = 2 if knobs.chance("duplicate_webhooks") else 1
    for _ in range(copies):
        wait = float(knobs.get("delay_s")) + knobs.spread("shuffle_s")
        store().db.execute(
            "INSERT INTO deliveries (webhook_id, subscription, event, body, next_at) "
            "VALUES (?,?,?,?,?)",
            (webhook_id, subscription, event, body, clock.machine_seconds() + wait),
        )


def appointment(event: str, record: Record) -> None:
    data = {
        "id": record["id"],
        "client_id": record["clientId"],
        "service_id": record["serviceId"],
        "start_time": record["startTime"],
        "staff_id": record["staffId"],
    }
    emit(event, data, record)


def thin(event: str, record: Record, **more: Any) -> None:
    """For everything but appointments: the id, whose it is, and what the event adds."""
    data = {"id": record["id"]}
    if record.get("clientId"):
        data["client_id"] = record["clientId"]
    emit(event, data | more, record)


def deliveries(limit: int = 200) -> list[Record]:
    rows = store().db.execute("SELECT * FROM deliveries ORDER BY seq DESC LIMIT ?", (limit,))
    return [dict(row) for row in rows]


def counts() -> Record:
    rows = store().db.execute("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
    return {row["state"]: row["n"] for row in rows}
