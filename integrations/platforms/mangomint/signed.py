"""Webhooks of the full dialect: Standard Webhooks signatures, thin bodies."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from core.errors import NeedsAttention
from integrations.jsonsafe import parsed
from integrations.platforms.base import Delivery, NotGenuine, NotReadable, RecordKind, Verified
from integrations.platforms.mangomint.mapping import text_id

if TYPE_CHECKING:
    from integrations.models import Connection

# What each event speaks of. The client is read along with an appointment: visits and consent
# change without a webhook of their own.
EVENTS: dict[str, RecordKind] = {
    "appointment.created": "appointment",
    "appointment.updated": "appointment",
    "appointment.cancelled": "appointment",
    "appointment.checked_in": "appointment",
    "appointment.completed": "appointment",
    "appointment.no_show": "appointment",
    "client.updated": "client",
    "waitlist.updated": "waitlist",
    "message.received": "message",
    "message.status": "message",
    "sale.completed": "sale",
    "feedback.received": "feedback",
    "form.submitted": "form",
    "product.stock_changed": "product",
    "staff.updated": "staff",
}
WITH_CLIENT = {"appointment", "message"}


def verify(connection: "Connection", body: bytes, headers: Mapping[str, str]) -> Verified:
    """One of the connection's secrets signed these bytes within the last five minutes."""
    given = {name.lower(): value for name, value in headers.items()}
    if not any(_signed(secret, body, given) for secret in _secrets(connection)):
        raise NotGenuine
    said = parsed(body)
    if not isinstance(said, dict):
        raise NotReadable("not an object")
    return Verified(given["webhook-id"], str(said.get("event", "")))


def _secrets(connection: "Connection") -> list[str]:
    """The present secret and, while it is being rotated, the one before."""
    secrets = [connection.secret("webhook_secret_ref")]
    if connection.webhook_secret_previous_ref:
        secrets.append(connection.secret("webhook_secret_previous_ref"))
    return secrets


def _signed(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        checker = Webhook(secret)
    except (ValueError, RuntimeError):
        raise NeedsAttention("The webhook secret is not one (it starts with whsec_).") from None
    try:
        checker.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        # ValueError: the package lets malformed signatures and bodies that are not UTF-8 through.
        return False
    return True


def read_delivery(body: bytes) -> Delivery:
    try:
        said: Any = parsed(body)
    except NotReadable:
        return Delivery("", odd="The body is not JSON that can be read.")
    event = said.get("event") if isinstance(said, dict) else None
    if not isinstance(event, str):
        return Delivery("", odd="The body names no event.")
    kind = EVENTS.get(event)
    if kind is None:
        return Delivery(event, known=False)
    data = said.get("data")
    external_id = text_id(data.get("id")) if isinstance(data, dict) else ""
    if not external_id or not isinstance(data, dict):
        return Delivery(event, odd="The body does not say which record it is about.")
    touched: list[tuple[RecordKind, str]] = [(kind, external_id)]
    client = text_id(data.get("client_id"))
    if kind in WITH_CLIENT and client:
        touched.insert(0, ("client", client))
    return Delivery(event, tuple(touched))
