"""Looking into a mailbox by IMAP: what is new is stored like any other delivery.

The newest number (UID) we stored is remembered. A mailbox seen for the first time starts at now:
old mail is history. When the server numbers its mail anew (UIDVALIDITY), the last days are read
again and the delivery ids sort out what we have. Nothing in the mailbox is marked or changed.
"""

import hashlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core import clock
from core.addresses import is_named
from core.doorbell import ring_on_commit
from core.errors import NeedsAttention, OutsideError, Permanent, Temporary
from integrations.channels.mail_in import LARGEST, delivery_name
from integrations.channels.mail_out import connected, port_of
from integrations.channels.references import delivery_id
from integrations.models import ChannelAccount, InboundEvent

TIMEOUT = 20
MOST = 50
# Of a mail with a film in it, the beginning holds the words.
BEGINNING = 256 * 1024
READ_AGAIN = timedelta(days=3)


class CheckedIMAP(imaplib.IMAP4):
    """Connects to checked addresses only."""

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return connected(self.host, self.port, timeout or TIMEOUT)


class CheckedIMAPS(CheckedIMAP):
    """The same over TLS from the first byte."""

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = super()._create_socket(timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def poll(account: ChannelAccount) -> int:
    """Fetch and store what arrived; returns how many were new. Raises Temporary, NeedsAttention."""
    stored = 0
    with _signed_in(account) as server:
        validity, following = _selected(server, account)
        for uid in _wanted(server, account, validity, following)[:MOST]:
            stored += _keep(account, validity, uid, _fetched(server, uid))
    return stored


def test(account: ChannelAccount) -> None:
    with _signed_in(account) as server:
        _selected(server, account)


@contextmanager
def _signed_in(account: ChannelAccount) -> Iterator[imaplib.IMAP4]:
    server: imaplib.IMAP4 | None = None
    try:
        user = str(account.setting("imap_user", account.setting("smtp_user")))
        password = _password(account)
        server = _connected(account)
        _login(server, user, password)
        yield server
    except OutsideError as error:
        raise NeedsAttention(error.plain) if isinstance(error, Permanent) else error from None
    except ssl.SSLCertVerificationError:
        raise NeedsAttention("The mailbox server's certificate cannot be trusted.") from None
    except (imaplib.IMAP4.error, OSError, ValueError):
        # Their text can hold addresses and lines of mail.
        raise Temporary("The mailbox cannot be read at the moment.") from None
    finally:
        if server is not None:
            with suppress(Exception):
                server.logout()


def _password(account: ChannelAccount) -> str:
    name = "imap_password" if account.has_secret("imap_password") else "smtp_password"
    password = account.secret(name)
    if not (password.isascii() and password.isprintable()):
        raise NeedsAttention("The mailbox password holds characters that cannot be sent.")
    return password


def _connected(account: ChannelAccount) -> imaplib.IMAP4:
    host, port = str(account.setting("imap_host")), port_of(account.setting("imap_port", 993))
    if account.setting("imap_security", "tls") != "tls" and is_named(host, port):
        return CheckedIMAP(host, port, TIMEOUT)
    return CheckedIMAPS(host, port, TIMEOUT)


def _login(server: imaplib.IMAP4, user: str, password: str) -> None:
    try:
        server.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        raise NeedsAttention("The mailbox refused the user name or password.") from None


def _selected(server: imaplib.IMAP4, account: ChannelAccount) -> tuple[int, int]:
    """(UIDVALIDITY, the number the next mail will get) of the folder, opened for reading."""
    folder = str(account.setting("imap_folder", "INBOX")).replace("\\", "").replace('"', "")
    state, _ = server.select(f'"{folder}"', readonly=True)
    if state != "OK":
        raise NeedsAttention("The mailbox has no such folder. Check its name.")
    validity = _number(server.response("UIDVALIDITY")[1])
    following = _number(server.response("UIDNEXT")[1])
    return validity, following or _newest(server) + 1


def _newest(server: imaplib.IMAP4) -> int:
    """For servers that do not say which number comes next."""
    return max(_uids(server.uid("SEARCH", "UID", "*")), default=0)


def _wanted(
    server: imaplib.IMAP4, account: ChannelAccount, validity: int, following: int
) -> list[int]:
    """Numbers of mail not stored yet, oldest first."""
    state = account.state
    if "uid" not in state:
        _remember(account, validity, following - 1)
        return []
    if state.get("validity") != validity:
        since = datetime.fromisoformat(state["at"]) - READ_AGAIN
        again = _uids(server.uid("SEARCH", "SINCE", imap_day(since)))
        if not again:
            _remember(account, validity, following - 1)
        return again
    last = int(state["uid"])
    # "n:*" names the newest mail even when its number is below n.
    found = _uids(server.uid("SEARCH", "UID", f"{last + 1}:*"))
    return [uid for uid in found if uid > last]


def _fetched(server: imaplib.IMAP4, uid: int) -> bytes:
    """One mail, left unmarked; of an enormous one the beginning; b'' when it is gone."""
    size = _number(_answer(server.uid("FETCH", str(uid), "(RFC822.SIZE)")), rb"RFC822\.SIZE (\d+)")
    what = "(BODY.PEEK[])" if size <= LARGEST else f"(BODY.PEEK[]<0.{BEGINNING}>)"
    for piece in _answer(server.uid("FETCH", str(uid), what)):
        if isinstance(piece, tuple) and len(piece) == 2:
            return bytes(piece[1])
    return b""


def _keep(account: ChannelAccount, validity: int, uid: int, raw: bytes) -> int:
    """Store one mail and move on past it in one transaction: a crash loses and doubles nothing."""
    with transaction.atomic():
        new = 0
        if raw:
            row = InboundEvent(
                connection_id=account.connection_id,
                delivery_id=delivery_id(account, delivery_name(raw)),
                source=InboundEvent.Source.POLL,
                kind=f"channel.{account.channel}.message",
                body=raw,
                body_sha256=hashlib.sha256(raw).hexdigest(),
            )
            known = InboundEvent.objects.filter(
                connection_id=account.connection_id, delivery_id=row.delivery_id
            )
            if not known.exists():
                InboundEvent.objects.bulk_create([row], ignore_conflicts=True)
                ring_on_commit("integrations.inbox_drain")
                new = 1
        _remember(account, validity, uid)
    return new


def _remember(account: ChannelAccount, validity: int, uid: int) -> None:
    account.state = account.state | {
        "validity": validity,
        "uid": uid,
        "at": clock.now().isoformat(),
    }
    ChannelAccount.objects.filter(pk=account.pk).update(state=account.state)


def imap_day(moment: datetime) -> str:
    """IMAP's own way to write a day; its month names are English wherever we run."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{moment.day:02d}-{months[moment.month - 1]}-{moment.year}"


def _answer(answer: tuple[str, list[Any]]) -> list[Any]:
    state, data = answer
    if state != "OK":
        raise Temporary("The mailbox cannot be read at the moment.")
    return [piece for piece in data if piece is not None]


def _uids(answer: tuple[str, list[Any]]) -> list[int]:
    found = [piece for piece in _answer(answer) if isinstance(piece, bytes)]
    return sorted(int(word) for piece in found for word in piece.split() if word.isdigit())


def _number(data: list[Any], rule: bytes = rb"(\d+)") -> int:
    for piece in data:
        text = piece[0] if isinstance(piece, tuple) else piece
        found = re.search(rule, text) if isinstance(text, bytes) else None
        if found:
            return int(found[1])
    return 0
