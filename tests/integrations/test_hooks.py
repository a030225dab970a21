"""The webhook view: what is stored, what is refused, and in which words."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from core import counters
from integrations import hooks
from integrations.jsonsafe import depth
from integrations.models import Connection, InboundEvent
from integrations.views import hook
from tests.integrations.salon import (
    KEY,
    OLD_SECRET,
    SECRET,
    connection_make,
    plain_post,
    signed_post,
)
from tests.support import services
from tests.support.searches import searched

BODY = {"event": "appointment.created", "data": {"id": "apt_123", "client_id": "cli_456"}}


def stored() -> int:
    return InboundEvent.objects.count()


def test_a_signed_delivery_is_stored_whole_and_answered_with_202(
    client: Browser, connection: Connection
) -> None:
    answer = signed_post(client, connection, BODY)
    assert answer.status_code == 202
    row = InboundEvent.objects.get()
    assert json.loads(bytes(row.body)) == BODY
    assert (row.delivery_id, row.kind, row.source) == ("whd_1", "appointment.created", "webhook")
    assert row.body_sha256 == hashlib.sha256(json.dumps(BODY).encode()).hexdigest()
    assert (row.state, row.outcome) == ("waiting", "")


def test_the_hot_path_is_one_insert_and_nothing_else(
    client: Browser, connection: Connection
) -> None:
    signed_post(client, connection, BODY)
    with CaptureQueriesContext(database) as queries:
        assert signed_post(client, connection, BODY, delivery="whd_2").status_code == 202
    assert len(queries) == 1
    assert "INSERT INTO integrations_inboundevent" in queries[0]["sql"]


@pytest.mark.django_db(transaction=True)
def test_a_delivery_over_a_dead_database_connection_is_stored_all_the_same(
    client: Browser, plain: Connection
) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with services.superuser() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    # Kept in the process as on a busy hook: the insert is the first to touch the database.
    hooks._kept[plain.pk] = (float("inf"), plain)
    assert plain_post(client, plain, {"sale": {"id": 1}}).status_code == 202
    assert stored() == 1
    hooks.forget_connections()


def test_a_known_delivery_gets_202_again_and_is_stored_once(
    client: Browser, connection: Connection
) -> None:
    for _ in range(3):
        assert signed_post(client, connection, BODY).status_code == 202
    assert stored() == 1


def test_a_known_id_with_another_body_keeps_the_first_and_is_counted(
    client: Browser, connection: Connection, redis_db: Any
) -> None:
    signed_post(client, connection, BODY)
    other = {"event": "client.updated", "data": {"id": "cli_9"}}
    assert signed_post(client, connection, other).status_code == 202
    assert InboundEvent.objects.get().kind == "appointment.created"
    assert counters.counts()["hooks.same_id_other_body", str(connection.pk)] == 1


def test_a_forged_signature_is_refused_stored_nowhere_and_counted(
    client: Browser, connection: Connection, redis_db: Any
) -> None:
    answer = signed_post(client, connection, BODY, secret=OLD_SECRET)
    assert answer.status_code == 401
    assert stored() == 0
    assert counters.counts()["hooks.refused", str(connection.pk)] == 1


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_timestamp_outside_five_minutes_is_refused(
    client: Browser, connection: Connection, minutes: int
) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    assert signed_post(client, connection, BODY, at=at).status_code == 401
    assert stored() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "x", "webhook-timestamp": "nan", "webhook-signature": "v1,AAAA"},
        {"webhook-id": "x", "webhook-timestamp": "1e999", "webhook-signature": "v1,AAAA"},
        {"webhook-id": "x", "webhook-timestamp": "now", "webhook-signature": "v1"},
        {"webhook-id": "x", "webhook-timestamp": "NOW", "webhook-signature": "v1,a,b v1,%%%"},
    ],
)
def test_missing_and_malformed_signatures_are_refused(
    client: Browser, connection: Connection, headers: dict[str, str]
) -> None:
    now = str(int(datetime.now(UTC).timestamp()))
    headers = {name: value.replace("NOW", now) for name, value in headers.items()}
    url = f"/hooks/mangomint/{connection.pk}/"
    answer = client.post(url, data=b"{}", content_type="application/json", headers=headers)
    assert answer.status_code == 401
    assert stored() == 0


def test_the_secret_before_still_counts_while_it_is_rotated(client: Browser, db: None) -> None:
    made = connection_make(webhook_secret_previous_ref="env:TEST_HOOK_SECRET_OLD")
    assert signed_post(client, made, BODY, secret=OLD_SECRET).status_code == 202
    assert signed_post(client, made, BODY, delivery="2", secret=SECRET).status_code == 202


def test_a_secret_that_is_not_set_is_no_fault_of_the_sender(
    client: Browser, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_HOOK_SECRET")
    assert signed_post(client, connection, BODY).status_code == 503
    assert stored() == 0


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' + b"[" * 61 + b"]" * 61 + b"}"]
)
def test_a_body_that_is_not_readable_json_is_answered_with_400(
    client: Browser, plain: Connection, body: bytes
) -> None:
    assert plain_post(client, plain, body).status_code == 400
    assert stored() == 0


def test_brackets_inside_strings_are_not_depth(client: Browser, plain: Connection) -> None:
    body = {"sale": "[" * 500 + '"\\' + "{" * 500}
    assert plain_post(client, plain, body).status_code == 202


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_depth_is_what_json_nests(value: Any) -> None:
    def real(one: Any) -> int:
        if isinstance(one, dict):
            one = list(one.values())
        return 1 + max(map(real, one), default=0) if isinstance(one, list) else 0

    assert depth(json.dumps(value).encode()) == real(value)


def test_a_body_over_256_kb_is_answered_with_413(client: Browser, connection: Connection) -> None:
    body = {"event": "x", "data": "a" * 262_144}
    assert signed_post(client, connection, body).status_code == 413
    assert stored() == 0


def test_a_body_of_exactly_256_kb_is_taken(client: Browser, plain: Connection) -> None:
    body = json.dumps({"sale": "a" * (256 * 1024 - 12)}).encode()
    assert len(body) == 256 * 1024
    assert plain_post(client, plain, body).status_code == 202


def test_a_length_that_lies_does_not_let_a_large_body_in(
    client: Browser, plain: Connection
) -> None:
    answer = client.generic(
        "POST",
        f"/hooks/mangomint/{plain.pk}/{KEY}/",
        data=b'{"sale": "' + b"a" * 300_000 + b'"}',
        content_type="application/json",
        CONTENT_LENGTH="100",
    )
    assert answer.status_code == 400
    assert stored() == 0


def test_a_chunked_body_without_a_length_is_capped_too(plain: Connection) -> None:
    for size, status in ((50, 202), (300_000, 413)):
        request = RequestFactory().post("/", HTTP_TRANSFER_ENCODING="chunked")
        request.META["CONTENT_LENGTH"] = ""
        request.META["wsgi.input"] = io.BytesIO(b'{"sale": "' + b"a" * size + b'"}')
        assert hook(request, "mangomint", plain.pk, KEY).status_code == status


@pytest.mark.parametrize("platform", ["mangomint", "nobody"])
def test_an_unknown_connection_is_404(client: Browser, db: None, platform: str) -> None:
    url = f"/hooks/{platform}/{uuid4()}/"
    assert client.post(url, data=b"{}", content_type="application/json").status_code == 404


def test_a_connection_of_another_platform_or_switched_off_is_404(
    client: Browser, connection: Connection
) -> None:
    url = f"/hooks/other/{connection.pk}/"
    assert client.post(url, data=b"{}", content_type="application/json").status_code == 404
    Connection.objects.update(status=Connection.Status.OFF)
    hooks.forget_connections()
    assert signed_post(client, connection, BODY).status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_any_other_method_is_405(client: Browser, connection: Connection, method: str) -> None:
    assert getattr(client, method)(f"/hooks/mangomint/{connection.pk}/").status_code == 405


def test_hooks_only_is_proved_by_the_key_in_the_address(client: Browser, plain: Connection) -> None:
    assert plain_post(client, plain, {"appointment": {}}).status_code == 202
    for wrong in (KEY + "x", "x", "%F0%9F%98%80"):
        assert plain_post(client, plain, {"appointment": {}}, key=wrong).status_code == 401
    url = f"/hooks/mangomint/{plain.pk}/"
    assert client.post(url, data=b"{}", content_type="application/json").status_code == 401
    assert stored() == 1


def test_a_full_connection_takes_no_key_instead_of_a_signature(
    client: Browser, connection: Connection
) -> None:
    assert plain_post(client, connection, BODY).status_code == 401
    assert stored() == 0


def test_the_same_unsigned_body_again_is_one_delivery(client: Browser, plain: Connection) -> None:
    for _ in range(2):
        assert plain_post(client, plain, {"sale": {"id": 1}}).status_code == 202
    assert stored() <= 2
    assert InboundEvent.objects.values("body_sha256").distinct().count() == 1


@searched(60)
@given(raw=st.binary(max_size=400))
def test_no_body_whatsoever_makes_the_view_fail(
    client: Browser, plain: Connection, raw: bytes
) -> None:
    assert plain_post(client, plain, raw).status_code in {202, 400}
