"""Texts and mails, both directions, and the phones they arrive on."""

from collections.abc import Callable
from datetime import timedelta

from integrations.sandbox import clock, history, knobs
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import clients
from integrations.sandbox.salon.lookup import need
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire import webhooks
from integrations.sandbox.wire.bell import bell

STOP_WORDS = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit"}
START_WORDS = {"start", "unstop"}
OPT_OUT_ANSWER = "opt_out_answer"
_CHANNELS = {"sms": "phone", "email": "email"}


def _may_send(client: Record, channel: str, tags: list[str]) -> None:
    address = client[_CHANNELS[channel]]
    if not address:
        raise Refused(422, "no_contact", f"There is no {_CHANNELS[channel]} for this client.")
    consent = client["consent"].get(channel) or {}
    if consent.get("optedOutAt"):
        if OPT_OUT_ANSWER in tags and _just_opted_out(client["id"], consent["optedOutAt"]):
            return
        raise Refused(422, "opted_out", "This client asked not to be messaged this way.")
    purpose = "marketing" if any("marketing" in tag for tag in tags) else "transactional"
    if not consent.get(purpose):
        raise Refused(422, "no_consent", f"No consent for {purpose} messages by {channel}.")


def _just_opted_out(client_id: str, at: str) -> bool:
    """Carriers let one confirmation of an opt-out through, within five minutes."""
    if clock.now() - clock.parse(at) > timedelta(minutes=5):
        return False
    said = store().select(
        "message",
        "json_extract(data, '$.clientId') = ? AND json_extract(data, '$.createdAt') >= ?",
        # Whole seconds against fractions of one: without the Z they sort as text.
        (client_id, at.removesuffix("Z")),
    )
    return not any(OPT_OUT_ANSWER in message["tags"] for message in said)


def send(order: Record, actor: str) -> Record:
    """Carries out POST /communications. A tag that says marketing asks for marketing consent."""
    channel = order.get("channel")
    body = order.get("body")
    tags = order.get("tags") or []
    if channel not in _CHANNELS:
        raise Refused(400, "bad_channel", "channel is sms or email.")
    if not isinstance(body, str) or not body.strip():
        raise Refused(400, "no_body", "A message needs a body.")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Refused(400, "bad_tags", "tags is a list of words.")
    client = clients.current(order.get("clientId"))
    _may_send(client, channel, tags)
    made = _outgoing(client, channel, order.get("subject"), body)
    made |= {"reference": order.get("reference"), "tags": tags, "source": "api"}
    store().put("message", made)
    history.add(
        "effect",
        "message.sent",
        actor,
        made["id"],
        clientId=client["id"],
        channel=channel,
        body=body,
        reference=made["reference"],
    )
    store().after_commit(bell.set)
    return made


def _outgoing(client: Record, channel: str, subject: object, body: str) -> Record:
    return {
        "id": store().next_id("msg"),
        "clientId": client["id"],
        "direction": "outbound",
        "channel": channel,
        "to": client[_CHANNELS[channel]],
        "subject": subject if channel == "email" else None,
        "body": body,
        "reference": None,
        "tags": [],
        "status": "queued",
        "source": "platform",
        "inReplyTo": None,
        "createdAt": clock.micro(clock.now()),
        "_due": clock.machine_seconds() + knobs.get("delivery_ms") / 1000,
    }


def platform_says(client_id: str, channel: str, subject: str, body: str) -> None:
    """What the platform sends by itself; silently nothing without an address or consent."""
    client = clients.current(client_id)
    try:
        _may_send(client, channel, [])
    except Refused:
        return
    made = store().put("message", _outgoing(client, channel, subject, body))
    history.add(
        "effect",
        "message.sent",
        "platform",
        made["id"],
        clientId=client["id"],
        channel=channel,
        body=body,
        reference=None,
    )
    store().after_commit(bell.set)


def arrive_due(rings: Callable[[Record], None]) -> None:
    """Queued texts reach their phones, or fail, when their time has come. ``rings`` is told of each
    that arrived, in the same transaction."""
    waiting = store().select("message", "status = 'queued'")
    due = [m for m in waiting if m.get("_due", 0) <= clock.machine_seconds()]
    if not due:
        return
    with store().write():
        for ident in [message["id"] for message in due]:
            message = need("message", ident)
            failed = knobs.chance("delivery_failures") or _landline(message)
            message["status"] = "failed" if failed else "delivered"
            if failed:
                message["failureReason"] = "The number cannot receive texts."
            message.pop("_due", None)
            store().put("message", message)
            if not failed:
                rings(message)
            history.add(
                "effect",
                f"message.{message['status']}",
                "platform",
                ident,
                clientId=message["clientId"],
                reference=message["reference"],
            )
            webhooks.thin(
                "message.status", message, reference=message["reference"], status=message["status"]
            )


def _landline(message: Record) -> bool:
    client = store().find(message["clientId"], "client") or {}
    return message["channel"] == "sms" and bool(client.get("_landline"))


def sharing(phone: str) -> list[Record]:
    """Everybody on one phone, oldest first."""
    return store().select(
        "client",
        "json_extract(data, '$.phone') = ? AND json_extract(data, '$.deletedAt') IS NULL",
        (phone,),
        order="id",
    )


def thread(phone: str, limit: int = 200) -> list[Record]:
    """The texts on one phone, oldest first."""
    found = store().select(
        "message",
        "json_extract(data, '$.channel') = 'sms' AND json_extract(data, '$.to') = ?",
        (phone,),
        order="json_extract(data, '$.createdAt') DESC, id DESC",
        limit=limit,
    )
    return found[::-1]


def receive(client_id: str, body: str, actor: str = "client") -> Record:
    """A text typed on a client's phone. On a shared phone it counts for whom we last wrote to."""
    typed = need("client", client_id, status=422)
    phone = typed.get("phone")
    if not phone:
        raise Refused(422, "no_contact", "This client has no phone.")
    if not body.strip():
        raise Refused(400, "no_body", "Type something first.")
    ours = [m for m in thread(phone) if m["direction"] == "outbound"]
    last = ours[-1] if ours else None
    owner = last["clientId"] if last else typed["id"]
    made = store().put(
        "message",
        {
            "id": store().next_id("msg"),
            "clientId": owner,
            "direction": "inbound",
            "channel": "sms",
            "to": phone,
            "subject": None,
            "body": body,
            "reference": None,
            "tags": [],
            "status": "received",
            "source": "client",
            "inReplyTo": last["id"] if last else None,
            "createdAt": clock.micro(clock.now()),
        },
    )
    history.add("effect", "message.received", actor, made["id"], clientId=owner, body=body)
    webhooks.emit("message.received", _thin(made), made)
    _keywords(phone, body)
    return made


def _thin(made: Record) -> Record:
    """What the webhook of an incoming message says."""
    return {
        "id": made["id"],
        "client_id": made["clientId"],
        "channel": made["channel"],
        "body": made["body"],
        "received_at": made["createdAt"],
        "in_reply_to": made["inReplyTo"],
    }


def _keywords(phone: str, body: str) -> None:
    """Carriers read these words as orders for the whole number, so everybody on it is meant."""
    word = body.strip().strip(".!").casefold()
    if word not in STOP_WORDS | START_WORDS:
        return
    for client in sharing(phone):
        opted_out = bool((client["consent"].get("sms") or {}).get("optedOutAt"))
        if opted_out != (word in STOP_WORDS):
            clients.set_sms_consent(client, word in START_WORDS, "client")
