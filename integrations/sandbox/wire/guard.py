"""What every call under /v1 passes: the token, the misbehaviour knobs, the idempotency key."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from integrations.sandbox import clock, history, knobs
from integrations.sandbox.config import config
from integrations.sandbox.errors import Refused
from integrations.sandbox.store import Record, store

KEY_WINDOW = timedelta(hours=24)
# Answers the salon itself gave are repeated for a key; what the gate refused is not.
_REPEATED = (409, 422)


@dataclass(frozen=True)
class Call:
    """One call as handlers see it: query, parsed body and the If-Match header."""

    params: Mapping[str, str]
    body: Record
    if_match: str | None = None


Reply = tuple[int, Record]
Handler = Callable[..., Reply]
View = Callable[..., HttpResponseBase]

_minute: dict[str, float] = {"started": 0.0, "calls": 0}
_minute_lock = threading.Lock()


class _Dropped(Exception):
    """Breaks the connection; the server closes it without the rest of the body."""


def endpoint(**handlers: Handler) -> View:
    """A view from handlers by HTTP method (get=…, post=…, patch=…, delete=…)."""

    @csrf_exempt
    def view(request: HttpRequest, **path: str) -> HttpResponseBase:
        handler = handlers.get((request.method or "").lower())
        try:
            _gate(request)
            if handler is None:
                raise Refused(405, "method_not_allowed", f"{request.method} is not offered here.")
            if request.method == "GET":
                return answer(*handler(Call(params=request.GET.dict(), body={}), **path))
            return _write(request, handler, path)
        except Refused as no:
            return refusal(no)

    return view


def answer(status: int, body: Record, **headers: str) -> HttpResponse:
    text = "" if status == 204 else json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, status=status, content_type="application/json", headers=headers)


def refusal(no: Refused) -> HttpResponse:
    if no.code == "down":
        page = "<html><body><h1>503 Service Unavailable</h1></body></html>"
        return HttpResponse(page, status=503)
    headers = {"Retry-After": str(knobs.get("retry_after_s"))} if no.status == 429 else {}
    return answer(no.status, {"error": {"code": no.code, "message": no.message}}, **headers)


def _gate(request: HttpRequest) -> None:
    if knobs.get("latency_ms"):
        time.sleep(knobs.get("latency_ms") / 1000)
    if knobs.get("platform_down"):
        raise Refused(503, "down", "Down.")
    full = _full_token(request)
    if knobs.chance("rate_429") or _over_limit():
        raise Refused(429, "too_many_requests", "Slow down.")
    if not full or knobs.get("webhooks_only"):
        if request.method == "GET":
            raise Refused(404, "not_found", "There is nothing here.")
        raise Refused(403, "forbidden", "This connection only receives webhooks.")
    if knobs.chance("rate_500"):
        raise Refused(500, "server_error", "Something broke on our side.")


def _full_token(request: HttpRequest) -> bool:
    """True for the full token, False for the one that may only receive webhooks."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and not knobs.get("token_expired"):
        if hmac.compare_digest(token.encode(), config().token.encode()):
            return True
        if hmac.compare_digest(token.encode(), config().limited_token.encode()):
            return False
    raise Refused(401, "unauthorized", "The token is missing, wrong or expired.")


def _over_limit() -> bool:
    allowed = knobs.get("calls_per_minute")
    if not allowed:
        return False
    with _minute_lock:
        moment = clock.machine_seconds()
        if moment - _minute["started"] >= 60:
            _minute.update(started=moment, calls=0)
        _minute["calls"] += 1
        return _minute["calls"] > allowed


def parsed(request: HttpRequest) -> Record:
    """The body as a JSON object; an empty one counts as {}."""
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refused(400, "bad_json", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Refused(400, "bad_json", "The body is not a JSON object.")
    return body


def _write(request: HttpRequest, handler: Handler, path: dict[str, str]) -> HttpResponseBase:
    body = parsed(request)
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    call = Call(request.GET.dict(), body, request.headers.get("If-Match"))
    with store().write():
        repeated = _first_answer(request, key, body) if key else None
        status, reply = repeated or _carry_out(handler, call, path)
        if key and not repeated and (status < 300 or status in _REPEATED):
            _remember(request, key, body, status, reply)
        lost = status < 300 and not repeated and knobs.chance("drop_reply")
        history.add(
            "call",
            f"{request.method} {request.path}",
            "api",
            reply.get("id"),
            status=status,
            key=key or None,
            repeated=bool(repeated),
            lost=lost,
            body=body,
        )
    if lost:
        return _dropped()
    extra = {"Idempotency-Replayed": "true"} if repeated else {}
    return answer(status, reply, **extra)


def _carry_out(handler: Handler, call: Call, path: dict[str, str]) -> Reply:
    try:
        with store().part():
            return handler(call, **path)
    except Refused as no:
        return no.status, {"error": {"code": no.code, "message": no.message}}


def _fingerprint(request: HttpRequest, body: Record) -> str:
    text = f"{request.path} {json.dumps(body, sort_keys=True)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _first_answer(request: HttpRequest, key: str, body: Record) -> Reply | None:
    since = clock.micro(clock.now() - KEY_WINDOW)
    row = store().db.execute("SELECT * FROM keys WHERE key = ? AND at > ?", (key, since)).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != _fingerprint(request, body):
        raise Refused(409, "idempotency_mismatch", "This key was used for another call.")
    return row["status"], json.loads(row["body"])


def _remember(request: HttpRequest, key: str, body: Record, status: int, reply: Record) -> None:
    store().db.execute(
        "INSERT OR REPLACE INTO keys VALUES (?,?,?,?,?)",
        (key, _fingerprint(request, body), status, json.dumps(reply), clock.micro(clock.now())),
    )


def _dropped() -> StreamingHttpResponse:
    """A reply that never arrives: the length promises a body and the connection is closed.

    Seen from httpx as RemoteProtocolError. The status is 502 for readers that only look there.
    """

    def nothing() -> Iterator[bytes]:
        raise _Dropped("The reply is lost on purpose (knob drop_reply).")
        yield b""

    lost = StreamingHttpResponse(nothing(), status=502, content_type="application/json")
    lost["Content-Length"] = "512"
    return lost
