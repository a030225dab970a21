"""Test connection: one tiny question to a model server, and its answer in words that help."""

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agents.answers import FellBack, Unusable, Written
from agents.budgets import Asker
from agents.doors import Door, door_of
from agents.llm import Request, draft_text
from agents.models import LanguageModel, ModelCall
from agents.vectors import vectors_asked
from core.audit import Actor, audit_record

SECONDS = 20.0
PROMPT = "You are being tested. Answer with the word ready as the text."
# What an admin can do about a reason of the door; the first that begins the reason counts.
ADVICE: tuple[tuple[str, str], ...] = (
    ("the model's key is missing", "Type the key in once more and save."),
    ("the model's key is not accepted", "Copy the key again from the provider's page, whole and "
     "without spaces, and see that it may use this model."),
    ("the model's name is not known", "Check how this server spells the model's name, and that "
     "the address ends in /v1."),
    ("the model's account has no credit", "Add credit at the provider; the key itself works."),
    ("the model has too much to do", "The key works. The provider limits how often it may be "
     "asked; try again in a minute or ask for a higher limit."),
    ("the model took too long", "The server did not answer in time. Try again, choose a faster "
     "model or allow more seconds for one draft."),
    ("a web page came back", "This address leads to a web page. The address of the API is needed; "
     "it mostly ends in /v1."),
    ("the model's answer could not be read", "Something answers at this address, but it does not "
     "speak OpenAI's chat completions. Check that the address ends in /v1."),
    ("the model's answer did not have the agreed form", "The server works, but this model does not "
     "keep to a form. Choose one that can write JSON."),
    ("the model's answer was cut off", "The server works, but it allows too short an answer."),
    ("the server's vectors could not be read", "Something answers at this address, but this name "
     "is no model that makes vectors. Check how the server spells it."),
    ("the model cannot be reached", "Check the address and that this machine may reach it."),
    ("no model is set up", "Type in a key. A server of your own that wants none needs its address "
     "instead."),
)  # fmt: skip
OTHERWISE = "The provider's own words below say more."


class Ready(BaseModel):
    """What the test asks for: the form of an answer, as short as it can be."""

    model_config = ConfigDict(extra="ignore")
    body: str = Field(description="The word ready.")


class ModelTested(BaseModel):
    """What came of a test. ``said`` is for the admin, ``provider`` the server's own words (at most
    160 characters, without anything like a key)."""

    model_config = ConfigDict(frozen=True)
    ok: bool
    said: str
    provider: str = ""
    model: str = ""
    milliseconds: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


def model_test(*, actor: Actor, model: LanguageModel, key: str = "") -> ModelTested:
    """Ask ``model`` (saved or as just typed in) one question; ``key`` in place of its saved one.

    Asks the first model only, whatever a budget or the breaker says, changes nothing, and is kept
    as a ModelCall and in the audit. Takes at most the model's own seconds.
    """
    door = door_of(model) if not key else replace(door_of(_without_key(model)), key=key.strip())
    asked = replace(door, fallback_model="", breaker="")
    asker = Asker(_connection_of(model), None, purpose=ModelCall.Purpose.TEST)
    request = Request(PROMPT, "Are you ready?", Ready)
    answer = draft_text(request, seconds=min(SECONDS, door.seconds), asker=asker, door=asked)
    tested = _tested(answer, asked)
    _audit(actor, model, model.model, tested)
    return tested


def searching_test(*, actor: Actor, model: LanguageModel) -> ModelTested:
    """Ask the model for searching for one vector; kept and audited like ``model_test``."""
    door = replace(door_of(model), breaker="")
    asker = Asker(_connection_of(model), None)
    try:
        rows = vectors_asked(door, ["ready"], seconds=min(SECONDS, door.seconds), payer=asker)
        said = f"{door.embedding_model} answered with {rows.shape[1]:,} numbers."
        tested = ModelTested(ok=True, said=said, model=door.embedding_model)
    except Unusable as error:
        tested = ModelTested(
            ok=False,
            said=f"For searching: {_plain(error.reason)}",
            provider=error.said,
            model=door.embedding_model,
        )
    _audit(actor, model, door.embedding_model, tested)
    return tested


def _audit(actor: Actor, model: LanguageModel, name: str, tested: ModelTested) -> None:
    """``name``: the model that was asked; one connection may name several."""
    audit_record(
        action="model.tested",
        actor=actor,
        connection=model.connection_id or "",
        subject=f"model:{name}"[:80],
        facts={"ok": tested.ok, "model": name, "said": tested.said},
    )


def _without_key(model: LanguageModel) -> LanguageModel:
    return LanguageModel(
        base_url=model.base_url,
        model=model.model,
        fallback_model=model.fallback_model,
        seconds=model.seconds,
    )


def _connection_of(model: LanguageModel) -> str | None:
    return str(model.connection_id) if model.connection_id else None


def _tested(answer: Written[Ready] | FellBack, door: Door) -> ModelTested:
    use = answer.use
    took: dict[str, Any] = {
        "model": door.model,
        "milliseconds": use.milliseconds,
        "input_tokens": use.input_tokens,
        "output_tokens": use.output_tokens,
    }
    if isinstance(answer, Written):
        seconds = f"{use.milliseconds / 1000:.1f}"
        return ModelTested(ok=True, said=f"{door.model} answered in {seconds} s.", **took)
    return ModelTested(ok=False, said=_plain(answer.reason), provider=answer.said, **took)


def _plain(reason: str) -> str:
    advice = next((text for begins, text in ADVICE if reason.startswith(begins)), OTHERWISE)
    return f"{reason[0].upper()}{reason[1:]}. {advice}"
