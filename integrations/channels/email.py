"""E-mail from the salon's own mailbox: SMTP out; in by webhook or by looking into the mailbox."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from email.charset import QP, Charset
from email.utils import format_datetime, formataddr
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils.html import escape

from core import clock
from core.errors import Permanent, UnknownOutcome
from integrations.channels import mail_hooks, mail_in, mailbox
from integrations.channels.base import (
    Channel,
    Heard,
    Kind,
    Params,
    Sent,
    Setup,
    Verified,
    register,
)
from integrations.channels.footer import unsubscribe_url, with_footer
from integrations.channels.mail_out import deliver, opened
from integrations.channels.references import LINE_BREAKS, clean
from integrations.models import ChannelAccount, Client, Location

LINK = re.compile(r"https?://[^\s<>&\"']+(?:&amp;[^\s<>&\"']+)*")
PAGE = (
    '<!doctype html><html><head><meta charset="utf-8"></head>'
    '<body style="font:16px/1.5 sans-serif"><div style="white-space:pre-wrap">{}</div>'
    "</body></html>"
)


@register
class Email(Channel):
    name: ClassVar[str] = "email"
    label: ClassVar[str] = "Own mailbox"
    kinds: ClassVar[tuple[Kind, ...]] = ("email",)
    address_label: ClassVar[str] = "E-mail address we send from"
    inbound_help: ClassVar[str] = "Only if a service posts your mail to us; else IMAP reads it."
    secrets_go_to: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "smtp_host": ("smtp_password",),
        "imap_host": ("imap_password", "smtp_password"),
    }
    capabilities: ClassVar[frozenset[str]] = frozenset({"receive"})
    largest_delivery: ClassVar[int] = mail_in.LARGEST
    setup: ClassVar[tuple[Setup, ...]] = (
        Setup("smtp_host", "Mail server", "Such as smtp.example.com."),
        Setup("smtp_port", "Port", "587 with STARTTLS, 465 with TLS.", required=False),
        Setup("smtp_security", "Security", "starttls or tls.", required=False),
        Setup("smtp_user", "User name", "", required=False),
        Setup("smtp_password", "Password", "", secret=True, required=False),
        Setup("from_name", "Sender's name", "Empty: the location's name.", required=False),
        Setup(
            "postal_address",
            "Postal address below e-mails",
            "Empty: the location's address. The law wants one below news.",
            required=False,
        ),
        Setup("imap_host", "Mailbox server", "To read answers (IMAP).", required=False),
        Setup("imap_port", "Mailbox port", "993 if empty.", required=False),
        Setup("imap_user", "Mailbox user", "Empty: as above.", required=False),
        Setup("imap_password", "Mailbox password", "", secret=True, required=False),
        Setup("imap_folder", "Folder", "INBOX if empty.", required=False),
        Setup(
            "hook_secret",
            "Secret for incoming mail by webhook",
            "Only if a service posts mail to us; it signs with this.",
            secret=True,
            required=False,
        ),
    )

    def send(
        self,
        *,
        account: ChannelAccount,
        to: str,
        subject: str,
        body: str,
        key: str,
        purpose: str,
        client: Client | None,
        location: Location,
    ) -> Sent:
        _check(to, subject, body)
        reference = message_id_of(key, account)
        message = EmailMultiAlternatives(
            subject,
            body,
            formataddr((str(account.setting("from_name", location.name)), account.address)),
            [to],
            headers={
                "Message-ID": reference,
                "Date": format_datetime(clock.now()),
                **_list_headers(purpose, client, location),
            },
        )
        # Quoted-printable arrives the same through every server, and keeps each character.
        message.encoding = _charset()
        message.attach_alternative(as_html(body), "text/html")
        deliver(account, message)
        return Sent(reference, "sent", clock.now(), to=to, body=body)

    def look_up(
        self,
        *,
        account: ChannelAccount,
        reference: str = "",
        to: str = "",
        body: str = "",
        began_at: datetime | None = None,
    ) -> Sent | None:
        raise UnknownOutcome("No mail server can say whether it took an e-mail. Ask the client.")

    def verify(
        self,
        *,
        account: ChannelAccount,
        body: bytes,
        headers: Mapping[str, str],
        url: str,
        params: Params,
    ) -> Verified:
        return mail_hooks.verify(account, body, headers)

    def read(self, *, account: ChannelAccount, delivery_id: str, body: bytes) -> Heard:
        return mail_in.read(body, account.address)

    def test(self, account: ChannelAccount) -> str:
        with opened(account):
            pass
        if not account.setting("imap_host"):
            return "Sending works. Answers arrive only if a service posts them to us."
        mailbox.test(account)
        return "Sending works, and the mailbox can be read."

    def final_text(
        self,
        *,
        account: ChannelAccount,
        body: str,
        location: Location,
        purpose: str,
        client: Client | None,
    ) -> str:
        return with_footer(account, body, location, purpose, client)

    def poll(self, account: ChannelAccount) -> int:
        return mailbox.poll(account) if account.setting("imap_host") else 0

    def address_problem(self, address: str) -> str:
        return "" if _is_address(address) else "This is not an e-mail address."


def message_id_of(key: str, account: ChannelAccount) -> str:
    """The Message-ID of what is sent under a key: a repeat has the same, so receivers see one."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<desk-{digest}@{account.address.rpartition('@')[2] or 'localhost'}>"


def as_html(body: str) -> str:
    """The same characters as a page, with its web addresses as links."""
    return PAGE.format(LINK.sub(_link, str(escape(body))))


def _link(match: re.Match[str]) -> str:
    url = match[0].rstrip(".,;:!?)")
    return f'<a href="{url}">{url}</a>{match[0][len(url) :]}'


def _list_headers(purpose: str, client: Client | None, location: Location) -> dict[str, str]:
    if purpose == "transactional" or client is None:
        return {}
    return {
        "List-Unsubscribe": f"<{unsubscribe_url(client, location)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _check(to: str, subject: str, body: str) -> None:
    if not _is_address(to):
        raise Permanent("The client's e-mail address is not one.", code="bad_address")
    if not subject.strip() or any(mark in subject for mark in LINE_BREAKS):
        raise Permanent("The subject is empty or has a line break in it.", code="bad_subject")
    if not body.strip():
        raise Permanent("The e-mail was empty.", code="empty_text")
    if clean(body) != body or clean(subject) != subject:
        # Sending it would change it on the way, and then it is not what was approved.
        raise Permanent("The text holds characters that no e-mail can carry.", code="bad_text")


def _is_address(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return address.isascii() and "," not in address


def _charset() -> Charset:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset
