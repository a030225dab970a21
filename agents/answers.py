"""Reading a model server's reply: the typed answer, its tokens, and failures in plain words."""

import json
import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from agents.base import ModelUse

OutputT = TypeVar("OutputT", bound=BaseModel)
# What a model thinks before it answers, where its server does not keep that apart.
THOUGHT = re.compile(r"^\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
SAID_LONGEST = 160
SECRET = re.compile(r"\b(?:sk|key|pk)-[\w*.-]+|[\w-]{32,}")
KNOWN_STATUS = {
    401: "the model's key is not accepted",
    403: "the model's key is not accepted",
    404: "the model's name is not known there",
    413: "the prompt is too long for this model",
    429: "the model has too much to do",
}


DECLINED = "the model declined to write this"
CUT_OFF = "the model's answer was cut off"
NOTHING = "the model answered nothing"
# By what a server calls the end of an answer.
ENDED_BADLY = {
    "length": CUT_OFF,
    "content_filter": "the model's filter held the answer back",
}


@dataclass(frozen=True)
class Written(Generic[OutputT]):
    """The model's typed answer."""

    value: OutputT
    use: ModelUse


@dataclass(frozen=True)
class FellBack:
    """No usable answer; ``reason`` completes "written from the template because …".

    ``temporary``: the server, not the answer, was at fault. ``said``: the server's own words.
    """

    reason: str
    use: ModelUse
    temporary: bool = False
    said: str = ""


class Unusable(Exception):
    """An answer that arrived and cannot be used; what it cost is kept."""

    def __init__(
        self, reason: str, use: ModelUse | None = None, *, temporary: bool = False, said: str = ""
    ) -> None:
        super().__init__(reason)
        self.reason, self.temporary, self.said = reason, temporary, said
        self.use = use or ModelUse()


def read_answer(body: bytes, output: type[OutputT], model: str) -> Written[OutputT]:
    """The typed answer in a chat completion's JSON; raises Unusable in plain words."""
    try:
        data = json.loads(body)
        use = usage_of(data, model)
        choice = data["choices"][0]
        message = choice["message"]
        content = message.get("content")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise Unusable(_odd_body(body)) from None
    if message.get("refusal"):
        raise Unusable(DECLINED, use)
    ended = str(choice.get("finish_reason"))
    if ended in ENDED_BADLY:
        raise Unusable(ENDED_BADLY[ended], use)
    if not isinstance(content, str) or not content.strip():
        raise Unusable(NOTHING, use)
    try:
        return Written(output.model_validate_json(_json_in(content)), use)
    except (ValidationError, TypeError):
        raise Unusable("the model's answer did not have the agreed form", use) from None


def _json_in(content: str) -> str:
    """The one JSON object of an answer. Servers that know no schemas leave models free to think
    aloud, to put their JSON into a Markdown fence and to say "Here it is:" before it."""
    told = THOUGHT.sub("", content).strip()
    begin, end = told.find("{"), told.rfind("}")
    return told if told.startswith("[") or not 0 <= begin < end else told[begin : end + 1]


def usage_of(data: dict[str, Any], model: str) -> ModelUse:
    """Tokens, also of an answer that cannot be used; odd figures count as none."""
    usage = data.get("usage") or {}
    details = usage.get("prompt_tokens_details") or {}
    fresh, cached = _count(usage.get("prompt_tokens")), _count(details.get("cached_tokens"))
    return ModelUse(model, fresh, min(cached, fresh), _count(usage.get("completion_tokens")))


def status_reason(status: int, body: object) -> str:
    """Why a server answered with an error, in words for the desk."""
    said = said_by(body).casefold()
    if status == 429 and ("quota" in said or "billing" in said or "credit" in said):
        return "the model's account has no credit left"
    if status == 400 and ("context" in said and "length" in said):
        return KNOWN_STATUS[413]
    if status == 400 and ("content_filter" in said or "content management policy" in said):
        return "the model's filter held the question back"
    return KNOWN_STATUS.get(status, f"the model's server answered with an error ({status})")


def said_by(body: object) -> str:
    """The server's own message, short, on one line, without anything like a key."""
    error = body.get("error", body) if isinstance(body, dict) else body
    words = error.get("message", "") if isinstance(error, dict) else error
    if not isinstance(words, str):
        return ""
    return SECRET.sub("…", " ".join(words.split()))[:SAID_LONGEST]


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10_000_000 else 0


def _odd_body(body: bytes) -> str:
    if body.lstrip()[:1] == b"<":
        return "a web page came back in place of the model's answer"
    return "the model's answer could not be read"
