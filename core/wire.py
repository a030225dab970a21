"""The wire below core.http: connects to checked addresses only, and knows what was written.

Two questions decide what a failure means, and httpx answers neither: was a byte of the request
written (else nothing can have been applied), and has the whole call's time run out (its own
time-outs are per read, so a server that drips a byte a second holds a worker for good).
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from core.addresses import resolve

SocketOption = Any


@dataclass
class Flight:
    """One call on its way: ``written`` is True from the moment its first byte left."""

    deadline: float
    written: bool = False

    def left(self, timeout: float | None) -> float:
        """The time one step may take: its own limit, or what is left of the call's."""
        remaining = self.deadline - time.monotonic()
        return max(0.001, remaining if timeout is None else min(timeout, remaining))

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.deadline


_flight: ContextVar[Flight | None] = ContextVar("flight", default=None)


@contextmanager
def flight(seconds: float) -> Iterator[Flight]:
    """Everything on the wire inside this block belongs to one call of at most ``seconds``."""
    current = Flight(time.monotonic() + seconds)
    token = _flight.set(current)
    try:
        yield current
    finally:
        _flight.reset(token)


class WatchedStream(httpcore.NetworkStream):
    """A stream that tells the flight of its first byte and keeps to its deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self.inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        current = _flight.get()
        if current is None:
            return self.inner.read(max_bytes, timeout)
        if current.over:
            raise httpcore.ReadTimeout("the whole call took too long")
        return self.inner.read(max_bytes, current.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        current = _flight.get()
        if current is not None and buffer:
            current.written = True
        self.inner.write(buffer, current.left(timeout) if current else timeout)

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        # The handshake goes through the inner stream: it is no part of the request.
        return WatchedStream(self.inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class CheckedBackend(httpcore.SyncBackend):
    """Resolves a name once and connects to the address that was checked.

    Checking first and connecting by name would ask the name server twice, and the second answer
    could be another one (DNS rebinding). The name stays in SNI, certificate check and Host.
    """

    def __init__(self, allowed: bool) -> None:
        super().__init__()
        self.allowed = allowed

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = resolve(host, port, allowed=self.allowed)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, timeout, local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[SocketOption] | None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(address, port, timeout, local_address, socket_options)
        return WatchedStream(stream)


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """The authorities we trust; reading them takes 40 ms, so once per process."""
    return httpx.create_ssl_context(trust_env=False)


def checked_client(allowed: bool) -> httpx.Client:
    """A pooled client for one origin. No redirects, no proxies or netrc of the environment."""
    transport = httpx.HTTPTransport(verify=trust(), trust_env=False, retries=0)
    # httpx has no parameter for the network backend of its pool; httpcore, below it, has one.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=trust(),
        max_connections=20,
        max_keepalive_connections=10,
        # Short: a connection the other side has just closed makes a write's outcome unknown.
        keepalive_expiry=5.0,
        network_backend=CheckedBackend(allowed),
    )
    # Two connections may share an origin: a cookie of the one must never go out with the other.
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(transport=transport, trust_env=False, cookies=jar)
