"""A small salon for tests: a connection and the records a platform would tell us of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client as Browser
from standardwebhooks import Webhook

from core import clock
from integrations import hooks
from integrations.ingest import Applied, records_store
from integrations.models import Connection, Location
from integrations.platforms.base import Record

SECRET = "whsec_" + "dGVzdHMgdXNlIGEgc2VjcmV0IG9mIHRoZWlyIG93biE="
OLD_SECRET = "whsec_" + "dGhlIHNlY3JldCBvZiBsYXN0IG1vbnRoLCByb3RhdGVk"
KEY = "a-key-in-the-address"
# A Friday, 10 am in Los Angeles and 1 pm in New York, both salons open.
NOON = datetime(2026, 6, 12, 17, 0, tzinfo=UTC)


def connection_make(**fields: Any) -> Connection:
    """A full connection whose webhook secret is in the environment (see the secret fixture)."""
    hooks.forget_connections()
    defaults: dict[str, Any] = {
        "name": "Maple",
        "platform": "mangomint",
        "base_url": "http://127.0.0.1:9/v1",
        "token_ref": "env:TEST_TOKEN",
        "webhook_secret_ref": "env:TEST_HOOK_SECRET",
        "status": Connection.Status.OK,
        "live_since": clock.now() - timedelta(days=2),
    }
    return Connection.objects.create(**defaults | fields)


def hooks_only_make(**fields: Any) -> Connection:
    """A connection in the mode most salons have, with one location."""
    made = connection_make(
        mode="hooks_only",
        hook_key_sha256=hashlib.sha256(KEY.encode()).hexdigest(),
        base_url="",
        token_ref="",
        webhook_secret_ref="",
        **fields,
    )
    location_make(made, external_id="main")
    return made


def location_make(connection: Connection, external_id: str = "loc_1", **fields: Any) -> Location:
    defaults: dict[str, Any] = {
        "name": "Maple Street",
        "timezone": "America/Los_Angeles",
        "opening_hours": {day: [["09:00", "18:00"]] for day in ("tue", "wed", "thu", "fri", "sat")},
    }
    return Location.objects.create(
        connection=connection, external_id=external_id, **defaults | fields
    )


def client_record(number: int = 456, *, at: datetime | None = None, **data: Any) -> Record:
    defaults: dict[str, Any] = {
        "first_name": "Grace",
        "last_name": "Hale",
        "phone": "(503) 555-0142",
        "email": "grace@example.com",
    }
    return Record("client", f"cli_{number}", defaults | data, at or clock.now())


def appointment_record(number: int = 123, *, at: datetime | None = None, **data: Any) -> Record:
    defaults: dict[str, Any] = {
        "client": "cli_456",
        "location": "loc_1",
        "service_name": "Hot stone massage",
        "starts_at": clock.now() + timedelta(days=7),
        "status": "booked",
        "booked_at": clock.now(),
    }
    return Record("appointment", f"apt_{number}", defaults | data, at or clock.now())


def store(connection: Connection, *records: Record, **options: Any) -> Applied:
    options = {"source": "webhook", "history": False} | options
    return records_store(connection=connection, records=records, **options)


def signed_post(
    browser: Browser,
    connection: Connection,
    body: bytes | Mapping[str, Any],
    *,
    delivery: str = "whd_1",
    secret: str = SECRET,
    at: datetime | None = None,
) -> Any:
    """Post a delivery as an independent sender would: signed by the standardwebhooks package."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign(delivery, at, raw.decode("utf-8", "surrogateescape"))
    return browser.post(
        f"/hooks/mangomint/{connection.pk}/",
        data=raw,
        content_type="application/json",
        headers={
            "webhook-id": delivery,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        },
    )


def plain_post(
    browser: Browser, connection: Connection, body: bytes | Mapping[str, Any], key: str = KEY
) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return browser.post(
        f"/hooks/mangomint/{connection.pk}/{key}/", data=raw, content_type="application/json"
    )
