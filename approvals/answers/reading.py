"""An incoming message with everybody it may be from, as the handlers get it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db.models import Q

from approvals.answers.questions import Question
from approvals.models import Answer
from integrations.ingest.diff import home_location
from integrations.models import Client, Location, Message
from integrations.people import household
from integrations.phrases.reading import Meaning, Understood, understand

Outcome = Answer.Outcome
# What a provider did by itself on a word it knows counts, whatever the text reads like.
THEIRS: dict[str, Meaning] = {"stop": "stop", "start": "start", "help": "help"}
# How long a message of ours may be what a bare "yes" is about.
LATELY = timedelta(hours=72)


@dataclass(frozen=True)
class Heard:
    """``people``: everybody on that phone or mailbox, whom it is from first (if that is known).

    ``known``: one client it is certainly from, or None where several share the phone.
    """

    message: Message
    people: Sequence[Client]
    location: Location
    found: Understood
    known: Client | None = None

    @property
    def client(self) -> Client:
        """Whom an answer goes to."""
        return self.known or self.people[0]

    @property
    def by_provider(self) -> bool:
        """The provider acted on the word, and told the client so."""
        return bool(self.message.details.get("opt_out"))


@dataclass
class Came:
    """What came of a message: stored as its Answer."""

    outcome: str
    words: str = ""
    question: Question | None = None
    item_id: int | None = None
    client_id: int | None = None
    more: dict[str, Any] = field(default_factory=dict)
    # One known client waits for words that no rule has: an agent may draft them.
    wanted: bool = False


def people_of(message: Message) -> list[Client]:
    """Everybody it may be from: the client on record, then who shares the phone or mailbox."""
    if message.client is not None and message.channel == "sms":
        others = [one for one in household(message.client) if one.pk != message.client_id]
        return [message.client, *others]
    if message.client is not None:
        return [message.client]
    if not message.address:
        return []
    has = (
        Q(email__iexact=message.address) if message.channel == "email" else Q(phone=message.address)
    )
    rows = Client.objects.filter(
        has, connection=message.connection_id, deleted_at=None, merged_into=None
    )
    return list(rows.order_by("pk")[:20])


def place_of(message: Message, people: Sequence[Client]) -> Location | None:
    """Whose desk it concerns: the number's location, else the client's, else the first there is."""
    if message.location is not None:
        return message.location
    near = home_location(message.connection, people[0].pk if people else None)
    every = Location.objects.filter(connection=message.connection_id, deleted_at=None)
    return near or every.order_by("pk").first()


def understood(message: Message) -> Understood:
    """Read by rules; where the provider acted on a word, that is what it meant."""
    found = understand(message.body)
    theirs = THEIRS.get(str(message.details.get("opt_out") or ""))
    return replace(Understood(theirs), word=found.word) if theirs else found


def has_words(message: Message) -> bool:
    """Letters or figures of any script, or a sign that the rules know."""
    return any(char.isalnum() for char in message.body) or bool(understand(message.body).meaning)
