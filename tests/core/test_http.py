"""The outbound door, against a real server that misbehaves."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Never

import pytest

from core import clock, http, wire
from core.errors import NeedsAttention, OutsideError, Permanent, Temporary, UnknownOutcome
from core.http import OutboundClient
from tests.core.certificates import Certificate, certificate_for
from tests.core.misbehaving import Misbehaving

READ, WRITES = "GET", ["POST", "PATCH", "DELETE"]


def client(salon: Misbehaving, **options: Any) -> OutboundClient:
    return OutboundClient(salon.url, **{"token": "very-secret-token", "timeout": 0.6} | options)


def refused_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def test_it_sends_token_key_query_and_body_and_reads_the_answer(salon: Misbehaving) -> None:
    answer = client(salon).post(
        "/communications",
        params={"since": "2026-06-15", "left_out": None},
        json={"body": "Hello Renée"},
        idempotency_key="effect-1",
        headers={"If-Match": "x"},
    )
    seen = salon.seen[0]
    assert (answer.status, answer.data) == (200, {"path": seen.path})
    assert seen.path == "/v1/communications?since=2026-06-15"
    assert seen.headers["authorization"] == "Bearer very-secret-token"
    assert seen.headers["idempotency-key"] == "effect-1"
    assert seen.headers["if-match"] == "x"
    assert "Renée" in seen.body.decode()


def test_an_empty_answer_has_no_data(salon: Misbehaving) -> None:
    assert client(salon).delete("/empty").data is None


def test_a_packed_answer_is_unpacked(salon: Misbehaving) -> None:
    assert client(salon).get("/zipped").data == {"zipped": True}


def test_connections_are_kept_between_calls(salon: Misbehaving) -> None:
    for _ in range(3):
        client(salon).get("/ok")
    pools = [found for (_, origin, _), found in http._clients.items() if str(salon.port) in origin]
    assert len(pools) == 1
    assert len(pools[0]._transport._pool.connections) == 1


def test_cookies_of_one_connection_never_go_out_with_another(salon: Misbehaving) -> None:
    client(salon).get("/cookie")
    client(salon, token="another").get("/ok")
    assert "cookie" not in salon.seen[1].headers


@pytest.mark.parametrize(
    "status, expected",
    [
        (400, Permanent),
        (402, Permanent),
        (404, Permanent),
        (409, Permanent),
        (412, Permanent),
        (422, Permanent),
        (401, NeedsAttention),
        (403, NeedsAttention),
        (429, Temporary),
        (425, Temporary),
        (408, Temporary),
        (500, Temporary),
        (502, Temporary),
        (503, Temporary),
        (301, Permanent),
        (302, Permanent),
        (307, Permanent),
    ],
)
def test_each_status_of_a_read_belongs_to_one_family(
    salon: Misbehaving, status: int, expected: Any
) -> None:
    salon.answer("/thing", status, {"error": {"code": "", "message": "Dana Hale, +15035550142"}})
    with pytest.raises(OutsideError) as raised:
        client(salon).get("/thing")
    assert type(raised.value) is expected
    assert "Dana" not in raised.value.plain


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    "status, expected",
    [
        (400, Permanent),
        (404, Permanent),
        (409, Permanent),
        (412, Permanent),
        (422, Permanent),
        (401, NeedsAttention),
        (429, Temporary),
        (308, Permanent),
        (303, UnknownOutcome),
        (408, UnknownOutcome),
        (500, UnknownOutcome),
        (502, UnknownOutcome),
        (503, UnknownOutcome),
        (504, UnknownOutcome),
    ],
)
def test_each_status_of_a_write_belongs_to_one_family(
    salon: Misbehaving, method: str, status: int, expected: Any
) -> None:
    salon.answer("/thing", status, {"error": {"code": "", "message": ""}})
    with pytest.raises(OutsideError) as raised:
        client(salon).request(method, "/thing", json={})
    assert type(raised.value) is expected


@pytest.mark.parametrize("trick", ["hang", "reset", "drop", "half", "garbage", "html", "drip"])
@pytest.mark.parametrize("method", WRITES)
def test_a_write_that_may_have_been_applied_is_unknown(
    salon: Misbehaving, method: str, trick: str
) -> None:
    with pytest.raises(UnknownOutcome):
        client(salon).request(method, f"/{trick}", json={"body": "x"})
    assert len(salon.seen) == 1, "it must never be sent a second time by itself"


@pytest.mark.parametrize(
    "trick", ["hang", "reset", "drop", "half", "garbage", "html", "drip", "drip-headers"]
)
def test_a_read_that_broke_is_temporary(salon: Misbehaving, trick: str) -> None:
    with pytest.raises(Temporary):
        client(salon).get(f"/{trick}")


@pytest.mark.parametrize("trick", ["hang", "drip", "drip-headers"])
def test_the_time_out_is_the_whole_calls(salon: Misbehaving, trick: str) -> None:
    started = time.monotonic()
    with pytest.raises(Temporary):
        client(salon, timeout=0.5).get(f"/{trick}")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("trick", ["endless", "bomb"])
def test_an_answer_without_end_is_cut_off(salon: Misbehaving, trick: str) -> None:
    with pytest.raises(Permanent) as raised:
        client(salon, timeout=10).get(f"/{trick}")
    assert raised.value.code == "answer_too_large"
    with pytest.raises(UnknownOutcome):
        client(salon, timeout=10).post(f"/{trick}", json={})


@pytest.mark.parametrize("method", [READ, *WRITES])
def test_nobody_listening_is_temporary_even_for_a_write(settings: Any, method: str) -> None:
    port = refused_port()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{port}"]
    with pytest.raises(Temporary) as raised:
        OutboundClient(f"http://127.0.0.1:{port}").request(method, "/x")
    assert type(raised.value) is Temporary


@pytest.mark.parametrize("method", [READ, *WRITES])
def test_a_name_that_cannot_be_found_is_temporary(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def unknown(*arguments: Any, **options: Any) -> Never:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("core.addresses.socket.getaddrinfo", unknown)
    with pytest.raises(Temporary):
        OutboundClient("https://salon.invalid").request(method, "/x")


def test_a_refusal_carries_the_platforms_code(salon: Misbehaving) -> None:
    salon.answer("/communications", 422, {"error": {"code": "opted_out", "message": "…"}})
    with pytest.raises(Permanent) as raised:
        client(salon).post("/communications", json={})
    assert raised.value.code == "opted_out"
    assert "422, opted_out" in raised.value.plain


@pytest.mark.parametrize(
    "code, expected", [("invalid_token", NeedsAttention), ("no_consent", Permanent)]
)
def test_a_403_needs_attention_only_when_it_speaks_of_the_token(
    salon: Misbehaving, code: str, expected: Any
) -> None:
    salon.answer("/thing", 403, {"error": {"code": code}})
    with pytest.raises(OutsideError) as raised:
        client(salon).get("/thing")
    assert type(raised.value) is expected


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"error": null}', b'{"error": {"code": 7}}', b"\xff", b'{"error": {}}'],
)
def test_an_odd_error_body_has_no_code(salon: Misbehaving, body: Any) -> None:
    salon.answer("/thing", 422, body)
    with pytest.raises(Permanent) as raised:
        client(salon).get("/thing")
    assert raised.value.code == ""


def test_retry_after_is_honoured_in_seconds_and_as_a_date(salon: Misbehaving) -> None:
    salon.answer("/seconds", 429, {}, {"Retry-After": "17"})
    with pytest.raises(Temporary) as raised:
        client(salon).get("/seconds")
    assert raised.value.after == timedelta(seconds=17)
    with clock.frozen(datetime(2026, 6, 15, 14, tzinfo=UTC)) as held:
        later = format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)
        salon.answer("/date", 503, {}, {"Retry-After": later})
        with pytest.raises(Temporary) as raised:
            client(salon).get("/date")
        assert raised.value.after == timedelta(seconds=90)
        held.move(timedelta(hours=1))
        assert http.retry_after(later) == timedelta(0)


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e9", "Mon, 99 Foo 2026"])
def test_a_retry_after_that_means_nothing_is_left_out(value: str) -> None:
    assert http.retry_after(value) is None


def test_a_retry_after_of_years_is_cut_to_an_hour() -> None:
    assert http.retry_after("99999999") == timedelta(hours=1)


def test_a_redirect_is_not_followed(salon: Misbehaving) -> None:
    salon.answer("/old", 302, {}, {"Location": f"{salon.url}/new"})
    with pytest.raises(Permanent) as raised:
        client(salon).get("/old")
    assert raised.value.code == "redirect"
    assert len(salon.seen) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/clients/../admin",
        "/clients/%2e%2e/admin",
        "/clients/..%2fadmin",
        "//other.example/x",
        "/clients?token=1",
        "/clients#x",
        "/a b",
        "/a\r\nHost: x",
        "clients",
        "/é",
    ],
)
def test_an_id_cannot_lead_to_another_address(salon: Misbehaving, path: str) -> None:
    with pytest.raises(Permanent) as raised:
        client(salon).get(path)
    assert raised.value.code == "bad_path"
    assert salon.seen == []


def test_a_token_with_a_line_break_needs_attention_and_sends_nothing(salon: Misbehaving) -> None:
    with pytest.raises(NeedsAttention):
        client(salon, token="abc\r\nX-Evil: 1").get("/x")
    assert salon.seen == []


def test_neither_log_nor_error_holds_token_query_or_body(
    salon: Misbehaving, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    words = []
    for path in ("/hang", "/reset", "/html"):
        for method in ("GET", "POST"):
            with pytest.raises(OutsideError) as raised:
                client(salon).request(
                    method, path, params={"phone": "+15035550142"}, json={"name": "Dana"}
                )
            words.append(str(raised.value))
            assert raised.value.__suppress_context__ or raised.value.__context__ is None
    said = caplog.text + " ".join(words) + repr(client(salon))
    for secret in ("very-secret-token", "15035550142", "Dana"):
        assert secret not in said


def test_it_asks_the_name_server_once_and_connects_to_that_address(
    salon: Misbehaving, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW = [f"salon.test:{salon.port}"]
    asked, real = [], socket.getaddrinfo

    def rebinding(host: str, *arguments: Any, **options: Any) -> Any:
        if host != "salon.test":
            return real(host, *arguments, **options)
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        return real(address, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    OutboundClient(f"http://salon.test:{salon.port}").get("/ok")
    assert asked == ["salon.test"]
    assert salon.seen[0].headers["host"] == f"salon.test:{salon.port}"


def test_a_public_name_that_leads_inside_is_refused_before_anything_connects(
    salon: Misbehaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "core.addresses.socket.getaddrinfo",
        lambda host, port, **options: [(0, 0, 0, "", ("127.0.0.1", salon.port))],
    )
    with pytest.raises(Permanent) as raised:
        OutboundClient("https://salon.example").post("/x", json={})
    assert raised.value.code == "address_refused"
    assert salon.seen == []


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Certificate:
    """Our own authority is trusted, as a public one would be."""
    made = certificate_for("salon.test", tmp_path)

    context = ssl.create_default_context(cafile=str(made.authority))
    monkeypatch.setattr(wire, "trust", lambda: context)
    monkeypatch.setattr(http, "_clients", {})
    return made


def https(
    name: str, salon: Misbehaving, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> OutboundClient:
    settings.OUTBOUND_ALLOW = [f"{name}:{salon.port}"]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        "core.addresses.socket.getaddrinfo",
        lambda host, *arguments, **options: real("127.0.0.1", *arguments, **options),
    )
    return OutboundClient(f"https://{name}:{salon.port}")


def test_the_certificate_is_checked_for_the_name_and_not_the_address(
    trusted: Certificate, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Misbehaving.running(trusted.server_context()) as salon:
        answer = https("salon.test", salon, settings, monkeypatch).post("/ok", json={})
        assert answer.status == 200
        with pytest.raises(Temporary):
            https("other.test", salon, settings, monkeypatch).post("/ok", json={})
    assert len(salon.seen) == 1


def test_a_handshake_is_not_part_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first byte that counts is the request's: before it nothing can have been applied."""
    stream = wire.WatchedStream(_Tape())
    with wire.flight(5) as flight:
        stream.start_tls(None)
        assert not flight.written
        stream.write(b"POST")
        assert flight.written


class _Tape:
    def start_tls(self, *arguments: Any) -> Any:
        return self

    def write(self, *arguments: Any) -> None:
        pass
