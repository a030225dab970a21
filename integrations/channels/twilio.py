"""Texts from the salon's own number, through Twilio.

Twilio takes no idempotency key when it is asked to send. Two things make up for it: our key
travels in the address for delivery reports, so a report proves what a lost answer could not, and
the list of sent messages can be searched for the exact text at the exact time.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings

from core.errors import NeedsAttention, Permanent, UnknownOutcome
from core.http import OutboundClient
from integrations.channels import twilio_hooks
from integrations.channels.base import (
    Channel,
    Heard,
    Kind,
    Params,
    Receipt,
    Sent,
    Setup,
    Verified,
    hook_url,
    register,
)
from integrations.channels.references import message_id
from integrations.channels.twilio_codes import reason, translated
from integrations.models import ChannelAccount, Client, Location, Message

API = "https://api.twilio.com"
REFUSED = "Twilio refused the account SID or the token. Copy both from its console again."
LONGEST_TEXT = 1600
# A text that lies in the carrier's queue for longer would arrive in the quiet hours.
VALID_SECONDS = "3600"
EARLIER = timedelta(minutes=1)
LATER = timedelta(minutes=15)


@register
class Twilio(Channel):
    name: ClassVar[str] = "twilio"
    label: ClassVar[str] = "Own number (Twilio)"
    kinds: ClassVar[tuple[Kind, ...]] = ("sms",)
    address_label: ClassVar[str] = "Number, with + and country"
    inbound_help: ClassVar[str] = "In the Twilio console, at the number: A message comes in, POST."
    secrets_go_to: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "base_url": ("auth_token", "auth_token_previous", "api_key_secret")
    }
    capabilities: ClassVar[frozenset[str]] = frozenset({"receive", "delivery", "lookup_sent"})
    receipt: ClassVar[Receipt] = Receipt("text/xml", b"<Response/>", 200)
    setup: ClassVar[tuple[Setup, ...]] = (
        Setup("account_sid", "Account SID", "Starts with AC, on the console's first page."),
        Setup("auth_token", "Auth token", "Signs what Twilio sends to us.", secret=True),
        Setup(
            "auth_token_previous",
            "Previous auth token",
            "While you change the token, both count.",
            secret=True,
            required=False,
        ),
        Setup("api_key_sid", "API key SID", "Starts with SK; only to send.", required=False),
        Setup("api_key_secret", "API key secret", "", secret=True, required=False),
        Setup(
            "messaging_service_sid",
            "Messaging service SID",
            "Starts with MG. Then Twilio chooses the number.",
            required=False,
        ),
        Setup("base_url", "Region's address", f"Empty for {API}.", required=False),
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
        if not re.fullmatch(r"\+[1-9]\d{6,14}", to):
            raise Permanent("The client's phone number cannot be read.", code="bad_number")
        if not body.strip():
            raise Permanent("The text was empty.", code="empty_text")
        if len(body) > LONGEST_TEXT:
            raise Permanent("The text is longer than 1,600 characters.", code="too_long")
        form = {
            "To": to,
            "Body": body,
            # Else Twilio may replace characters of a text that a person approved as it is.
            "SmartEncoded": "false",
            "ValidityPeriod": VALID_SECONDS,
            **_sender(account),
            **_reports_to(account, key),
        }
        try:
            answer = _http(account).post(_path(account, "Messages.json"), form=form)
        except Permanent as error:
            raise translated(error) from None
        sent = _sent(answer.data)
        if sent is None:
            raise UnknownOutcome("Twilio answered without saying what became of the text.")
        if sent.status == "failed":
            raise Permanent(sent.reason, code="failed")
        return sent

    def look_up(
        self,
        *,
        account: ChannelAccount,
        reference: str = "",
        to: str = "",
        body: str = "",
        began_at: datetime | None = None,
    ) -> Sent | None:
        if reference:
            return self._one(account, reference)
        if not (to and body and began_at):
            raise UnknownOutcome("Too little is known of this text to look for it.")
        found = [
            sent
            for row in self._listed(account, to, began_at)
            if _is_this(row, to, body, began_at) and (sent := _sent(row))
        ]
        known = Message.objects.filter(
            connection=account.connection_id,
            external_id__in=[message_id(self.name, sent.reference) for sent in found],
        )
        taken = set(known.values_list("external_id", flat=True))
        ours = [sent for sent in found if message_id(self.name, sent.reference) not in taken]
        if len(ours) != 1:
            # Not listed is no proof: the list lags behind, and leaves out what still waits.
            raise UnknownOutcome("Twilio's list does not prove whether this text was sent.")
        return ours[0]

    def verify(
        self,
        *,
        account: ChannelAccount,
        body: bytes,
        headers: Mapping[str, str],
        url: str,
        params: Params,
    ) -> Verified:
        return twilio_hooks.verify(account, body, headers, url, params)

    def read(self, *, account: ChannelAccount, delivery_id: str, body: bytes) -> Heard:
        return twilio_hooks.read(delivery_id, body)

    def test(self, account: ChannelAccount) -> str:
        try:
            data = _http(account).get(_path(account, "").removesuffix("/") + ".json").data
            if not isinstance(data, dict) or data.get("status") != "active":
                raise NeedsAttention("The Twilio account is not active. Look into its console.")
            if account.setting("messaging_service_sid"):
                return "The account works; Twilio chooses the number."
            numbers = _http(account).get(
                _path(account, "IncomingPhoneNumbers.json"), params={"PhoneNumber": account.address}
            )
        except Permanent as error:
            raise translated(error) from None
        rows = _rows(numbers.data, "incoming_phone_numbers")
        if not rows:
            raise NeedsAttention("This number does not belong to this Twilio account.")
        if rows[0].get("sms_url") != hook_url(account):
            return "The account works. Answers do not arrive yet: enter our address at the number."
        return "The account works, and answers arrive here."

    def address_problem(self, address: str) -> str:
        if re.fullmatch(r"\+[1-9]\d{6,14}", address):
            return ""
        return "Write the number with + and country, without spaces, as in +15035550100."

    def _one(self, account: ChannelAccount, sid: str) -> Sent | None:
        try:
            answer = _http(account).get(_path(account, f"Messages/{sid}.json"))
        except Permanent as error:
            if error.code == "20404":
                return None
            raise translated(error) from None
        return _sent(answer.data)

    def _listed(
        self, account: ChannelAccount, to: str, began_at: datetime
    ) -> list[Mapping[str, Any]]:
        params = {
            "To": to,
            "From": None if account.setting("messaging_service_sid") else account.address,
            "DateSent>": (began_at - timedelta(days=1)).date().isoformat(),
            "PageSize": 100,
        }
        try:
            answer = _http(account).get(_path(account, "Messages.json"), params=params)
        except Permanent as error:
            raise translated(error) from None
        return _rows(answer.data, "messages")


def _http(account: ChannelAccount) -> OutboundClient:
    user, password = str(account.setting("account_sid")), "auth_token"
    if account.setting("api_key_sid") and account.has_secret("api_key_secret"):
        user, password = str(account.setting("api_key_sid")), "api_key_secret"
    return OutboundClient(
        str(account.setting("base_url", API)),
        basic=(user, account.secret(password)),
        limiter_key=f"channel:{account.pk}",
        rate_per_second=10.0,
        refused=REFUSED,
    )


def _path(account: ChannelAccount, rest: str) -> str:
    sid = str(account.setting("account_sid"))
    if not re.fullmatch(r"AC[0-9a-zA-Z]{8,64}", sid):
        raise NeedsAttention("The account SID must start with AC. Copy it from the console.")
    return f"/2010-04-01/Accounts/{sid}/{rest}"


def _sender(account: ChannelAccount) -> dict[str, str]:
    service = str(account.setting("messaging_service_sid"))
    return {"MessagingServiceSid": service} if service else {"From": account.address}


def _reports_to(account: ChannelAccount, key: str) -> dict[str, str]:
    # Twilio refuses the whole text when it is given an address on this machine.
    if not settings.WEB_ORIGIN.startswith("https://"):
        return {}
    return {"StatusCallback": f"{hook_url(account)}?{urlencode({'key': key})}"}


def _rows(data: Any, name: str) -> list[Mapping[str, Any]]:
    rows = data.get(name) if isinstance(data, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _sent(data: Any) -> Sent | None:
    """A message as Twilio describes it; None when it is none."""
    sid = str(data.get("sid") or "") if isinstance(data, dict) else ""
    if not re.fullmatch(r"[SM]M[0-9a-zA-Z]{8,64}", sid):
        return None
    status = twilio_hooks.STATUSES.get(str(data.get("status") or ""), "queued")
    code = str(data.get("error_code") or "")
    return Sent(
        sid,
        status,
        _moment(data.get("date_created")),
        to=str(data.get("to") or ""),
        body=str(data.get("body") or ""),
        reason=reason(code)[1] if status == "failed" else "",
    )


def _is_this(row: Mapping[str, Any], to: str, body: str, began_at: datetime) -> bool:
    at = _moment(row.get("date_created"))
    return (
        at is not None
        and began_at - EARLIER <= at <= began_at + LATER
        and row.get("to") == to
        and row.get("body") == body
        and str(row.get("direction", "")).startswith("outbound")
    )


def _moment(value: Any) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(value))
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else None
