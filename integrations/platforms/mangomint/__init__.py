"""Mangomint, in two modes: the full dialect, and the handful of webhooks most salons have."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from integrations.platforms.base import (
    CAPABILITIES,
    Delivery,
    Platform,
    Reads,
    Setup,
    Verified,
    register,
)
from integrations.platforms.mangomint import plain, signed
from integrations.platforms.mangomint.reads import MangomintReads, NoReads

if TYPE_CHECKING:
    from integrations.models import Connection

HOOKS_ONLY = "hooks_only"
FULL_NOTE = """Hello,

please switch on webhooks for our account and send them to this address:

{url}

We would like all appointment, client, message, sale, form, feedback, waitlist and staff events,
signed with the webhook secret we agreed on. Thank you!
"""
PLAIN_NOTE = """Hello,

please set up the webhooks of our account (appointment booked, appointment updated, appointment
cancelled, sale completed, form submitted) and send them to this address:

{url}

The address contains a secret, so please do not post it anywhere public. Thank you!
"""


@register
class Mangomint(Platform):
    name = "mangomint"
    label = "Mangomint"
    modes = {
        "": "everything: reading, texts, bookings and signed webhooks",
        HOOKS_ONLY: "as most salons have it: a few webhooks, no reading, no sending",
    }
    setup = (
        Setup(
            "base_url",
            "Address of the API",
            "Leave it as it is unless Mangomint gave you another one.",
            required=False,
        ),
        Setup("token_ref", "Access token", "Mangomint support gives it to the owner.", secret=True),
        Setup(
            "webhook_secret_ref",
            "Webhook secret",
            "Starts with whsec_. It proves that a webhook comes from Mangomint.",
            secret=True,
        ),
    )
    default_base_url = "https://api.mangomint.com/v1"
    key_window_hours = 24

    def capabilities(self, connection: "Connection") -> frozenset[str]:
        if connection.mode == HOOKS_ONLY:
            return frozenset({"webhooks"})
        found = connection.capabilities
        return frozenset(found) if found else frozenset(CAPABILITIES)

    def verify(
        self, connection: "Connection", body: bytes, headers: Mapping[str, str], key: str
    ) -> Verified:
        if connection.mode == HOOKS_ONLY:
            return plain.verify(connection, body, headers, key)
        return signed.verify(connection, body, headers)

    def read_delivery(self, connection: "Connection", kind: str, body: bytes) -> Delivery:
        if connection.mode == HOOKS_ONLY:
            return plain.read_delivery(connection, body)
        return signed.read_delivery(body)

    def reads(self, connection: "Connection") -> Reads:
        return NoReads(connection) if connection.mode == HOOKS_ONLY else MangomintReads(connection)

    def deep_link(self, connection: "Connection", kind: str, external_id: str) -> str:
        """From the connection's own settings (``deep_links: {"client": "https://…/{id}"}``).

        Mangomint documents no addresses of its pages, so none are made up here.
        """
        pattern = connection.settings.get("deep_links", {}).get(kind, "")
        return pattern.replace("{id}", external_id) if external_id else ""

    def support_note(self, connection: "Connection", hook_url: str) -> str:
        note = PLAIN_NOTE if connection.mode == HOOKS_ONLY else FULL_NOTE
        return note.format(url=hook_url)
