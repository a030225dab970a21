"""What approvals announces upward; agents listen."""

from dataclasses import dataclass

from integrations.events import Event


@dataclass(frozen=True, kw_only=True)
class RegenerateAsked(Event):
    """A person asked for another draft of ``item_id``, with an instruction or without."""

    item_id: int
    instruction: str = ""
    asked_by: str = ""


@dataclass(frozen=True, kw_only=True)
class ClientErased(Event):
    """The texts about a client must go everywhere; ``client_id`` says whose."""


@dataclass(frozen=True, kw_only=True)
class AnswerWanted(Event):
    """No rule understood a client's message: ``message_id`` waits for somebody to answer it."""

    message_id: int


@dataclass(frozen=True, kw_only=True)
class EditedSent(Event):
    """``item_id`` went out in a person's own words: what they changed can be learned from.

    ``offer_id``: of a list of offers the one whose text it is; 0 for the draft's own text.
    """

    item_id: int
    offer_id: int = 0
