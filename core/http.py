"""The one door to the outside world.

Every call has a deadline, follows no redirect, reaches no private address that OUTBOUND_ALLOW does
not name, keeps to its connection's rate limit, and ends in an ``Answer`` or in one of the families
of ``core.errors``. What it raises holds no secret, no query string and no client data, and neither
does the log.
"""

import base64
import email.utils
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from core import clock
from core.addresses import Target, check_address, check_url
from core.errors import NeedsAttention, OutsideError, Permanent, Temporary, UnknownOutcome
from core.limits import LONGEST_PAUSE, Limiter
from core.wire import Flight, checked_client, flight

__all__ = ["Answer", "OutboundClient", "check_address"]

REFUSED = "The platform refused our token. Enter a valid one on the connection's page."
LARGEST_ANSWER = 10 * 1024 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Codes with which a 403 speaks of the token and not of the record.
AUTH_CODES = re.compile(
    r"^$|auth|token|forbidden|permission|scope|credential|api_?key|access_denied|suspended", re.I
)
PATH = re.compile(r"^/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$")


@dataclass(frozen=True)
class Answer:
    """A 2xx answer: status, headers in lower case, and the JSON value (None when empty)."""

    status: int
    headers: Mapping[str, str]
    data: Any


@dataclass(frozen=True)
class OutboundClient:
    """Calls to one base URL. Cheap to make: connections are pooled per process and origin.

    ``limiter_key`` is the connection the rate limit and pauses belong to; empty for none.
    ``timeout`` is the whole call's, in seconds, however slowly the answer drips. ``basic`` is a
    user name and password for APIs that take no bearer token. ``refused`` says what to do when the
    other side takes neither.
    """

    base_url: str
    token: str = field(default="", repr=False, kw_only=True)
    basic: tuple[str, str] | None = field(default=None, repr=False, kw_only=True)
    limiter_key: str = field(default="", kw_only=True)
    rate_per_second: float = field(default=20.0, kw_only=True)
    timeout: float = field(default=15.0, kw_only=True)
    refused: str = field(default=REFUSED, kw_only=True)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str = "",
    ) -> Answer:
        """One call; ``path`` starts with ``/`` and is added to the base URL's own path.

        The body is ``json``, ``form`` as a web form would send it, or ``content`` as it is.

        Raises Temporary (nothing was applied; ``after`` when the other side said so),
        NeedsAttention (refused token), Permanent (with the other side's ``code``) or, for a method
        that changes something, UnknownOutcome once a byte of the request had left.
        """
        call = _Call(method.upper(), path, self.refused)
        target = check_url(self.base_url)
        call.check_path()
        limiter = Limiter(self.limiter_key, self.rate_per_second)
        limiter.take()
        request = _client(target).build_request(
            call.method,
            f"{target.origin}{target.path}{path}",
            params={key: value for key, value in (params or {}).items() if value is not None},
            json=json,
            data=form,
            content=content,
            headers=self._headers(headers, idempotency_key),
            timeout=httpx.Timeout(self.timeout, connect=min(5.0, self.timeout)),
        )
        with flight(self.timeout) as current:
            status, answered, body = call.send(_client(target), request, current)
        return call.judge(status, answered, body, limiter)

    def get(self, path: str, **options: Any) -> Answer:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        return self.request("POST", path, **options)

    def patch(self, path: str, **options: Any) -> Answer:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.request("DELETE", path, **options)

    def _headers(self, more: Mapping[str, str] | None, idempotency_key: str) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            # Only what httpx unpacks by itself, so that the size limit sees every byte.
            "Accept-Encoding": "gzip",
            "User-Agent": "front-desk-copilot",
        }
        secret = self.token + "".join(self.basic or ())
        if not (secret.isascii() and secret.isprintable()):
            raise NeedsAttention("The token holds characters that no token has. Enter it anew.")
        if self.basic:
            pair = base64.b64encode(":".join(self.basic).encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        elif self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return headers | dict(more or {})


@dataclass(frozen=True)
class _Call:
    """One call and what its failures mean."""

    method: str
    path: str
    refused: str = REFUSED

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def changes(self) -> bool:
        return self.method not in SAFE

    def check_path(self) -> None:
        """An id from the platform that holds ``/..`` must not lead to another endpoint."""
        plain = self.path.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/")
        if not PATH.match(self.path) or ".." in plain.split("/") or "//" in plain:
            raise Permanent("A record's id cannot be part of an address.", code="bad_path")

    def send(
        self, client: httpx.Client, request: httpx.Request, current: Flight
    ) -> tuple[int, httpx.Headers, bytes]:
        try:
            response = client.send(request, stream=True)
            try:
                body = self._read(response, current)
            finally:
                response.close()
        except OutsideError:
            raise
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
            # Cut off (from None): the cause's text can hold the address with its query.
            raise self._failed(error, current) from None
        return response.status_code, response.headers, body

    def _read(self, response: httpx.Response, current: Flight) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                plain = f"The answer to {self.name} was larger than 10 MB."
                if self.changes:
                    raise UnknownOutcome(plain)
                raise Permanent(plain, code="answer_too_large")
            if current.over:
                raise httpx.ReadTimeout("the whole call took too long")
        return bytes(body)

    def _failed(self, error: Exception, current: Flight) -> OutsideError:
        if self.changes and current.written:
            return UnknownOutcome(
                f"The platform did not answer {self.name}; it may have been applied."
            )
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
            return Temporary("The platform cannot be reached.")
        if isinstance(error, httpx.TimeoutException):
            return Temporary(f"The platform did not answer {self.name} in time.")
        return Temporary(f"The connection broke during {self.name}.")

    def judge(self, status: int, headers: httpx.Headers, body: bytes, limiter: Limiter) -> Answer:
        if 200 <= status < 300:
            return Answer(status, dict(headers.items()), self._parse(body))
        after = retry_after(headers.get("retry-after", ""))
        if status in {429, 503}:
            limiter.pause(after)
        if status in {425, 429}:
            raise Temporary("The platform asks us to call less often.", after)
        if status >= 500 or status == 408:
            raise self._server_failed(status, after)
        if 300 <= status < 400:
            raise self._redirected(status)
        raise self._refused(status, error_code(body))

    def _parse(self, body: bytes) -> Any:
        if not body.strip():
            return None
        try:
            return json.loads(body)
        except ValueError:
            plain = f"The answer to {self.name} could not be read."
            if self.changes:
                raise UnknownOutcome(plain) from None
            raise Temporary(plain) from None

    def _server_failed(self, status: int, after: timedelta | None) -> OutsideError:
        plain = f"The platform failed on {self.name} ({status})."
        return UnknownOutcome(plain) if self.changes else Temporary(plain, after)

    def _redirected(self, status: int) -> OutsideError:
        plain = f"The platform answered {self.name} with a redirect; check the base address."
        # 307 and 308 ask to send the same request elsewhere; the others may follow a done deed.
        if self.changes and status not in {307, 308}:
            return UnknownOutcome(plain)
        return Permanent(plain, code="redirect")

    def _refused(self, status: int, code: str) -> OutsideError:
        if status == 401 or (status == 403 and AUTH_CODES.search(code)):
            return NeedsAttention(self.refused)
        said = f", {code}" if code else ""
        return Permanent(f"The platform refused {self.name} ({status}{said}).", code=code)


def error_code(body: bytes) -> str:
    """The code in ``{"error": {"code": …}}``, or the number in ``{"code": …, "message": …}``.

    '' when there is none that is a plain word.
    """
    try:
        whole = json.loads(body)
        if "error" not in whole and type(whole["code"]) is int:
            return str(whole["code"])[:20]
        said = whole["error"]
        code = said["code"] if isinstance(said, dict) else said
    except (ValueError, KeyError, TypeError):
        return ""
    # It ends up in logs and on pages: a short word or nothing.
    return code if isinstance(code, str) and re.fullmatch(r"[\w.\-]{1,60}", code) else ""


def retry_after(value: str) -> timedelta | None:
    """``Retry-After`` in seconds or as an HTTP date; never negative, never over an hour."""
    value = value.strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        wait = timedelta(seconds=float(value))
    else:
        moment = _http_date(value)
        if moment is None:
            return None
        wait = moment - clock.now()
    return min(max(wait, timedelta(0)), LONGEST_PAUSE)


def _http_date(value: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_clients: dict[tuple[int, str, bool], httpx.Client] = {}
_lock = threading.Lock()


def _client(target: Target) -> httpx.Client:
    """One pooled client per origin and process (a forked child must not share its sockets)."""
    key = (os.getpid(), target.origin, target.allowed)
    found = _clients.get(key)
    if found is None:
        with _lock:
            found = _clients.setdefault(key, checked_client(target.allowed))
    return found
