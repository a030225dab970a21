"""Which addresses this process may reach, and the check that decides it.

Base URLs are typed in by people. Without this check one of them could make us read the cloud's
metadata service or a neighbour on the salon's own network (server-side request forgery).
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from core.errors import Permanent, Temporary

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """A checked place to connect to. ``allowed``: OUTBOUND_ALLOW names it, so it may be private."""

    scheme: str
    host: str
    port: int
    path: str
    allowed: bool

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def check_url(url: str) -> Target:
    """The parts of a base URL that may be used at all; no name is resolved.

    Raises Permanent (code ``address_refused``) in words an admin can act on.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _refused("The address is not a web address.") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise _refused("The address must look like https://api.example.com/v1.")
    if parts.username is not None or parts.password is not None:
        raise _refused("Leave the user name and password out of the address; use the token field.")
    if parts.query or parts.fragment:
        raise _refused("The address must end before any ? or #.")
    port = port or (443 if parts.scheme == "https" else 80)
    allowed = bool({f"{host}:{port}", f"[{host}]:{port}"} & _allow_list())
    if not allowed and (parts.scheme != "https" or port != 443):
        raise _refused(
            "Only https on port 443 is allowed. If this address is meant, add "
            f"OUTBOUND_ALLOW={host}:{port} to the environment."
        )
    return Target(parts.scheme, host, port, parts.path.rstrip("/"), allowed)


def check_address(url: str) -> list[str]:
    """Check a base URL and resolve its name; returns the addresses that may be connected to.

    Raises Permanent when it is refused, Temporary when the name cannot be resolved now. A caller
    that connects by name afterwards leaves a gap (the name may change its mind in between);
    ``core.http`` connects to the checked address itself.
    """
    target = check_url(url)
    return resolve(target.host, target.port, allowed=target.allowed)


def check_host(host: str, port: int) -> list[str]:
    """The checked addresses of a mail server, whose name people type in without any URL.

    Raises Permanent (``address_refused``) for a private one that OUTBOUND_ALLOW does not name.
    """
    name = host.strip().rstrip(".").lower()
    if not name or any(character.isspace() or character in "/@" for character in name):
        raise _refused("The mail server must be a plain name such as mail.example.com.")
    return resolve(name, port, allowed=is_named(name, port))


def is_named(host: str, port: int) -> bool:
    """Whether OUTBOUND_ALLOW names this very place."""
    return f"{host.strip().rstrip('.').lower()}:{port}" in _allow_list()


def resolve(host: str, port: int, *, allowed: bool) -> list[str]:
    """The addresses of a name. One private address among them refuses them all."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Temporary(f"The name {host} cannot be found right now.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allowed and not all(_is_public(address) for address in addresses):
        raise _refused(
            f"{host} leads to a private address. If it is meant, add "
            f"OUTBOUND_ALLOW={host}:{port} to the environment."
        )
    return addresses


def _is_public(text: str) -> bool:
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    elsewhere = address.is_multicast or address.is_reserved
    # The old site-local range counts as global in Python.
    elsewhere = elsewhere or getattr(address, "is_site_local", False)
    return address.is_global and not elsewhere


def _allow_list() -> set[str]:
    return {entry.strip().lower() for entry in settings.OUTBOUND_ALLOW}


def _refused(plain: str) -> Permanent:
    return Permanent(plain, code="address_refused")
