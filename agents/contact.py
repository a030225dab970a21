"""Whom a text goes to, by which channel, in which language, and at what hour."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agents.base import Skip
from agents.context import Contact
from agents.wording import language_of
from approvals.brakes import stepping_back
from approvals.policy import YIELDING_PURPOSES
from integrations import consent, hours, quiet
from integrations.models import Client, Location, Message

CHANNELS = {"sms": "phone", "email": "email"}
IN_WORDS = {"sms": "texts", "email": "e-mails"}
ADULT_YEARS = 18
# Fewer answers than this say nothing about somebody's habits.
ENOUGH_ANSWERS = 3
BAND_HOURS = 3


def contact_for(
    *,
    candidates: Sequence[Client],
    location: Location,
    purpose: str,
    as_of: datetime,
    send_at: datetime | None = None,
) -> Contact | Skip:
    """The contact for one message: the first candidate who may be written to by some channel.

    ``send_at`` is the hour wanted (None: at once); it is moved into the hours allowed there.
    """
    if all(client.no_drafts for client in candidates):
        return Skip("The desk wants no drafts for this client.")
    spared = (
        stepping_back([one.pk for one in candidates]) if purpose in YIELDING_PURPOSES else set()
    )
    if spared:
        return Skip("Something went wrong at their appointment lately.")
    whys = []
    for client in sorted(candidates, key=lambda one: (_minor(one, as_of), one.pk)):
        if client.no_drafts:
            continue
        found = _channel(client, purpose, as_of)
        if isinstance(found, Skip):
            whys.append(found.why)
            continue
        return _contact(client, location, purpose, found, send_at)
    return Skip(whys[0] if whys else "Nobody to write to.")


def answering_hour(client: Client, zone: ZoneInfo, as_of: datetime) -> tuple[int, int] | None:
    """The hour of day at which a client usually answers, and of how many answers that was learnt.

    None when they answered too rarely, or at all hours.
    """
    answers = Message.objects.filter(client=client, incoming=True, sent_at__lte=as_of)
    moments = answers.order_by("-sent_at").values_list("sent_at", flat=True)[:20]
    clocks = [moment.astimezone(zone).hour for moment in moments]
    if len(clocks) < ENOUGH_ANSWERS:
        return None
    bands = Counter(
        {hour: sum(hour <= one < hour + BAND_HOURS for one in clocks) for hour in clocks}
    )
    best, within = max(bands.items(), key=lambda pair: (pair[1], -pair[0]))
    return (best, within) if within * 2 > len(clocks) else None


def _channel(client: Client, purpose: str, as_of: datetime) -> tuple[str, str, str] | Skip:
    """Channel, address and why: the client's own wish, then how they answered, then texts."""
    wished = str((client.preferences or {}).get("channel") or "")
    used = _answered_by(client, as_of)
    order = [name for name in dict.fromkeys([wished, used, "sms", "email"]) if name in CHANNELS]
    refusals = []
    for name in order:
        address = str(getattr(client, CHANNELS[name]) or "")
        if not address:
            continue
        verdict = consent.allowed(client, name, purpose)
        if verdict.ok:
            return name, address, _why(client, name, wished, used)
        refusals.append(verdict.why)
    if refusals:
        return Skip(refusals[0])
    return Skip("There is no phone number and no e-mail address.")


def _why(client: Client, channel: str, wished: str, used: str) -> str:
    who = client.first_name or "The client"
    if channel == wished:
        return f"{who} asked for {IN_WORDS[channel]}"
    if channel == used:
        return f"{who} usually answers {IN_WORDS[channel]}"
    return f"{who} allows {IN_WORDS[channel]}"


def _answered_by(client: Client, as_of: datetime) -> str:
    answers = Message.objects.filter(client=client, incoming=True, sent_at__lte=as_of)
    answers = answers.order_by("-sent_at")
    counted = Counter(answers.values_list("channel", flat=True)[:10])
    return counted.most_common(1)[0][0] if counted else ""


def _contact(
    client: Client,
    location: Location,
    purpose: str,
    found: tuple[str, str, str],
    send_at: datetime | None,
) -> Contact:
    channel, address, why = found
    zone, zone_why = hours.client_zone(client, location)
    if send_at is not None:
        send_at = quiet.sendable_at(location=location, client=client, purpose=purpose, at=send_at)
    return Contact.model_validate(
        {
            "client_id": client.pk,
            "client_external_id": client.external_id,
            "channel": channel,
            "address": address,
            "why": why,
            "language": language_of(client.locale),
            "plain": client.plain_texts,
            "zone": str(zone),
            "zone_why": zone_why,
            "send_at": send_at,
        }
    )


def next_at(hour: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The next moment after ``after`` at which a clock in ``zone`` shows that full hour."""
    local = after.astimezone(zone).replace(hour=hour, minute=0, second=0, microsecond=0)
    return local if local > after else (local + timedelta(days=1))


def _minor(client: Client, as_of: datetime) -> bool:
    """A child's booking is written to the grown-up on the same phone."""
    if client.birthday is None:
        return False
    today = as_of.date()
    born = client.birthday
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years < ADULT_YEARS
