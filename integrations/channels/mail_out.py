"""Handing an e-mail to the salon's mail server, and what each failure proves.

Until the text itself was on the wire nothing can have been sent. After that only the server's
answer counts: SMTP has no key and no way to ask later, so a lost answer stays unknown.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from core.addresses import check_host, is_named
from core.errors import NeedsAttention, OutsideError, Permanent, Temporary, UnknownOutcome
from integrations.channels.references import LINE_BREAKS
from integrations.models import ChannelAccount

TIMEOUT = 15
# Greylisting servers ask for a first delay of minutes.
GREYLISTED = timedelta(minutes=5)


class CheckedSMTP(smtplib.SMTP):
    """Connects to checked addresses only, and knows whether the text had begun to leave."""

    body_begun = False
    _in_data = False

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connected(host, port, timeout)

    def data(self, msg: Any) -> tuple[int, bytes]:
        self._in_data = True
        return super().data(msg)

    def send(self, s: Any) -> None:
        # Commands are text, the message is bytes.
        if self._in_data and isinstance(s, bytes):
            self.body_begun = True
        super().send(s)


class CheckedTLS(CheckedSMTP, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = connected(host, port, timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


class AccountBackend(EmailBackend):
    """Django's mail backend over a checked connection; one per message, never shared."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return CheckedTLS if self.use_ssl else CheckedSMTP


def connected(host: str, port: int, timeout: float) -> socket.socket:
    """A socket to the first checked address of a name that answers."""
    failed: OSError | None = None
    for address in check_host(host, port):
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            failed = error
    raise failed or OSError("the name has no address")


def backend_of(account: ChannelAccount) -> AccountBackend:
    """Raises NeedsAttention for settings with which no mail server can be called."""
    host, security = (
        str(account.setting("smtp_host")),
        str(account.setting("smtp_security", "starttls")),
    )
    port = port_of(account.setting("smtp_port", 465 if security == "tls" else 587))
    if security not in {"starttls", "tls"} and not is_named(host, port):
        raise NeedsAttention("Choose STARTTLS or TLS: a password must not travel in the open.")
    user = str(account.setting("smtp_user"))
    return AccountBackend(
        host=host,
        port=port,
        username=user,
        password=account.secret("smtp_password") if user else "",
        use_tls=security == "starttls",
        use_ssl=security == "tls",
        timeout=TIMEOUT,
    )


def port_of(value: Any) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise NeedsAttention("The mail server's port must be a number such as 587.")
    return int(text)


@contextmanager
def opened(account: ChannelAccount) -> Iterator[AccountBackend]:
    """A connection that is signed in. What fails here is Temporary or NeedsAttention."""
    backend = backend_of(account)
    try:
        try:
            backend.open()
        except OutsideError as error:
            raise _host_refused(error) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _not_opened(error) from None
        yield backend
    finally:
        # The server has answered (or not): a failing good-bye says nothing about the e-mail.
        with suppress(Exception):
            backend.close()


def deliver(account: ChannelAccount, message: EmailMultiAlternatives) -> None:
    """Returns when the server took the e-mail; raises the families of core.errors."""
    if any(mark in str(message.subject) for mark in LINE_BREAKS):
        raise Permanent("The subject has a line break in it.", code="bad_subject")
    with opened(account) as backend:
        connection: Any = backend.connection
        try:
            backend.send_messages([message])
        except smtplib.SMTPSenderRefused as error:
            raise _sender_refused(error.smtp_code) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _recipient_refused(max(codes, default=451)) from None
        except smtplib.SMTPDataError as error:
            raise _text_refused(error.smtp_code, connection.body_begun) from None
        except (smtplib.SMTPException, OSError) as error:
            raise _broken(connection.body_begun, error) from None


def _host_refused(error: OutsideError) -> OutsideError:
    return NeedsAttention(error.plain) if isinstance(error, Permanent) else error


def _not_opened(error: Exception) -> OutsideError:
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return NeedsAttention("The mail server refused the user name or password.")
    if isinstance(error, (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError)):
        return NeedsAttention("The mail server offers no safe connection that we can trust.")
    if isinstance(error, (ValueError, smtplib.SMTPHeloError)):
        return NeedsAttention("The mail server does not take our greeting or password.")
    if isinstance(error, smtplib.SMTPConnectError) and error.smtp_code >= 500:
        return NeedsAttention("The mail server does not let us in.")
    return Temporary("The mail server cannot be reached.")


def _sender_refused(code: int) -> OutsideError:
    if code >= 500:
        return NeedsAttention(f"The mail server does not let us send as this mailbox ({code}).")
    return Temporary("The mail server asks us to wait.", GREYLISTED)


def _recipient_refused(code: int) -> OutsideError:
    if code >= 500:
        return Permanent(f"There is no such e-mail address ({code}).", code="bad_address")
    return Temporary("The mail server asks us to try again later.", GREYLISTED)


def _text_refused(code: int, begun: bool) -> OutsideError:
    if 400 <= code < 500:
        return Temporary("The mail server asks us to try again later.", GREYLISTED)
    if 500 <= code < 600:
        return Permanent(f"The mail server refused the e-mail ({code}).", code="refused")
    return _broken(begun, None)


def _broken(begun: bool, error: Exception | None) -> OutsideError:
    if begun:
        return UnknownOutcome("The mail server did not say whether it took the e-mail.")
    return Temporary("The connection to the mail server broke.")
