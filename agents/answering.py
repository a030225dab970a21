"""What an answer is drafted from: the conversation, and the records it asks about.

Everything a client wrote is tainted: it is quoted to the model as information, without the names
of other clients, and whatever it asks for, nothing but a text for a person to read comes of it.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from agents.base import Skip
from agents.checking import SMALL_WORDS, WORD
from agents.config import config_for, limit_reached
from agents.context import Contact, Language, Offered, Opened, Said
from agents.models import AgentConfig
from agents.wording import language_of
from approvals.facts import smuggles
from approvals.hygiene import clean_text
from approvals.services.strangers import strangers_in
from core import clock
from integrations import hours
from integrations.folding import fold
from integrations.models import Client, Location, Message, Service

# How far back a conversation is read, and how much of one message.
LATELY = timedelta(days=3)
MOST_SAID = 6
MOST_WORDS = 900
MOST_SERVICES = 3
DAYS_AHEAD = 7
SOMEBODY = "SOMEBODY"
HOURS_ASKED = re.compile(
    r"\b(?:open|opening|closed?|closing|hours|abiert[oa]s?|abren?|cerrad[oa]s?|cierran?|horarios?)\b",
    re.IGNORECASE,
)
COMPLAINT = re.compile(
    r"\b(?:complain\w*|refund\w*|money back|disappoint\w*|unhappy|not happy|upset|angry|terrible|"
    r"awful|horrible|worst|ruined|burn(?:ed|t|s)?|rash|hurts?|damaged|rude|lawyer|manager|"
    r"never again|queja|reembols\w*|devuelvan|decepcion\w*|molest[oa]|enojad[oa]|p[eé]sim[oa]|"
    r"quemad\w*|quem[oó]|arruin\w*|abogad[oa]|gerente)\b",
    re.IGNORECASE,
)


def writes_here(agent: str, location_id: int) -> bool:
    """Whether this agent drafts answers at the location now, for the desk to see."""
    location = Location.objects.select_related("connection").get(pk=location_id)
    config = config_for(agent, location)
    if not config.enabled or config.stage == AgentConfig.Stage.OBSERVE:
        return False
    return not limit_reached(config, location, clock.now())


def contact_of(client: Client, message: Message) -> Contact | Skip:
    """The same person, by the channel they wrote by."""
    address = client.email if message.channel == "email" else client.phone
    if message.channel not in ("sms", "email") or not address:
        return Skip("There is no address to answer to.")
    if client.no_drafts:
        return Skip("The desk wants no drafts for this client.")
    location_zone = message.location.zone if message.location else None
    return Contact.model_validate(
        {
            "client_id": client.pk,
            "client_external_id": client.external_id,
            "channel": message.channel,
            "address": address,
            "why": f"{client.first_name or 'The client'} wrote by this channel",
            "language": language_in(message.body, language_of(client.locale)),
            "plain": client.plain_texts,
            "zone": str(location_zone or "UTC"),
            "written_before": True,
        }
    )


def language_in(body: str, usual: str) -> Language:
    """The language somebody writes in, where their small words say so; else their usual one."""
    words = [word.casefold() for word in WORD.findall(body)]
    counts = {
        language: sum(word in SMALL_WORDS[language].split() for word in words)
        for language in ("en", "es")
    }
    other: Language = "en" if usual == "es" else "es"
    mine: Language = "es" if usual == "es" else "en"
    return other if counts[other] >= 2 and counts[other] > 2 * counts[mine] else mine


def answered_since(client: Client, message: Message, as_of: datetime) -> bool:
    """Whether somebody of the salon wrote to the client after this message."""
    rows = Message.objects.filter(
        client=client,
        incoming=False,
        reference="",
        sent_at__gt=message.sent_at,
        sent_at__lte=as_of,
    )
    return rows.exclude(source__in=Message.AUTOMATIC).exists()


def conversation_of(client: Client, message: Message, as_of: datetime) -> tuple[Said, ...]:
    """The newest messages of this thread, the oldest first; the one to answer among them."""
    rows = Message.objects.filter(
        client=client,
        channel=message.channel,
        deleted_at=None,
        sent_at__gt=message.sent_at - LATELY,
        sent_at__lte=as_of,
    ).order_by("-sent_at", "-pk")[:MOST_SAID]
    found = {row.pk: row for row in rows} | {message.pk: message}
    ordered = sorted(found.values(), key=lambda row: (row.sent_at, row.pk))
    return tuple(_said(row, client) for row in ordered)


def _said(row: Message, client: Client) -> Said:
    words = " ".join(clean_text(row.body).split())[:MOST_WORDS]
    return Said(
        at=row.sent_at,
        by="client" if row.incoming else "salon",
        words=words,
        told=without_others(words, client),
    )


def without_others(words: str, client: Client) -> str:
    """Names of the salon's other clients never reach a model."""
    own = {"kind": "name", "texts": [client.first_name, f"{client.first_name} {client.last_name}"]}
    for name in sorted(strangers_in(client.connection_id, words, [own]), key=len, reverse=True):
        words = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", SOMEBODY, words, flags=re.IGNORECASE)
    return words


def asks_hours(said: Sequence[Said]) -> bool:
    return any(HOURS_ASKED.search(one.words) for one in said if one.by == "client")


def complains(said: Sequence[Said]) -> bool:
    return any(COMPLAINT.search(one.words) for one in said if one.by == "client")


def services_named(connection_id: UUID, said: Sequence[Said]) -> tuple[Offered, ...]:
    """Services of the salon that the client names in full."""
    text = f" {fold(' '.join(one.words for one in said if one.by == 'client'))} "
    rows = Service.objects.filter(connection_id=connection_id, active=True, deleted_at=None)
    found = [
        row
        for row in rows.order_by("pk")
        if not smuggles(row.name) and re.search(rf"(?<!\w){re.escape(fold(row.name))}(?!\w)", text)
    ]
    return tuple(
        Offered(name=row.name, minutes=row.minutes, price=row.price, currency=row.currency)
        for row in sorted(found, key=lambda row: -len(row.name))[:MOST_SERVICES]
    )


def opening_of(location: Location, as_of: datetime) -> tuple[Opened, ...]:
    """The hours of the coming week; none where the salon told us none."""
    if not location.opening_hours:
        return ()
    today = hours.local_day(location, as_of)
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    return tuple(
        Opened(opens=opens, closes=closes)
        for day in days
        for opens, closes in hours.openings(location, day)
        if closes > as_of
    )
