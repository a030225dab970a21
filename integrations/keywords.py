"""The words carriers act on, and what a short answer means in one word.

``integrations/phrases`` holds the rules; here is what the rest of the house asks for.
"""

from typing import Literal

from integrations.phrases.plain import plain
from integrations.phrases.reading import Understood, understand
from integrations.phrases.words import HELP, MEANT_A_VISIT, START, STOP

__all__ = [
    "HELP",
    "START",
    "STOP",
    "Meaning",
    "Understood",
    "is_ambiguous_stop",
    "plain",
    "understand",
    "understood",
]
Meaning = Literal["stop", "start", "help", "confirm", "cancel", "accept", "decline"]
AS_ONE: dict[str, Meaning] = {
    "stop": "stop",
    "start": "start",
    "help": "help",
    "cancel": "cancel",
    "confirm": "confirm",
    "yes": "confirm",
    "accept": "accept",
    "no": "decline",
    "decline": "decline",
}
DIGITS: dict[str, Meaning] = {"1": "confirm", "2": "decline"}


def understood(body: str) -> Meaning | None:
    """The meaning of a whole message, None where it needs a person to read it.

    Which question a yes or a digit answers is not asked here: 1 counts as yes, 2 as no.
    """
    found = understand(body)
    if found.meaning == "digit":
        return DIGITS.get(found.digit)
    return AS_ONE.get(found.meaning)


def is_ambiguous_stop(body: str) -> bool:
    """An opt-out that probably meant an appointment: the desk should call."""
    return plain(body) in MEANT_A_VISIT
