"""The one door to a language model: chat completions with typed output, within a time budget.

Everything that can go wrong ends as FellBack with a plain reason, never as an exception: a draft
must appear either way. The client's own time-out is per read (a server that drips a byte a second
would hold a worker for hours), so the whole call runs in a thread that we stop waiting for. What
clients wrote or what the model answered is never logged.
"""

import json
import logging
import threading
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

import openai
from django.conf import settings
from django.db import connections
from pydantic import BaseModel, ValidationError

from agents.base import ModelUse
from core.addresses import check_address
from core.errors import OutsideError

logger = logging.getLogger(__name__)
OutputT = TypeVar("OutputT", bound=BaseModel)
DEFAULT_URL = "https://api.openai.com/v1"
# A text message is some hundred bytes; a reply of more than this is not one, whatever it says.
MOST_BYTES = 256_000
MOST_TOKENS = 4_000
MOST_TRIES = 3
CONNECT_SECONDS = 3.0
# US dollars per million tokens: fresh input, cached input, output. List prices of the maker as of
# 2025-09; a model that is not in the table counts as 0, and admin then shows no cost.
PRICES: dict[str, tuple[Decimal, Decimal, Decimal]] = {
    "gpt-5": (Decimal("1.25"), Decimal("0.125"), Decimal("10")),
    "gpt-5-mini": (Decimal("0.25"), Decimal("0.025"), Decimal("2")),
    "gpt-5-nano": (Decimal("0.05"), Decimal("0.005"), Decimal("0.40")),
    "gpt-4.1": (Decimal("2"), Decimal("0.50"), Decimal("8")),
    "gpt-4.1-mini": (Decimal("0.40"), Decimal("0.10"), Decimal("1.60")),
    "gpt-4o-mini": (Decimal("0.15"), Decimal("0.075"), Decimal("0.60")),
}


@dataclass(frozen=True)
class Written(Generic[OutputT]):
    """The model's typed answer."""

    value: OutputT
    use: ModelUse


@dataclass(frozen=True)
class FellBack:
    """No usable answer; ``reason`` completes "written from the template because …"."""

    reason: str
    use: ModelUse


class Unusable(Exception):
    """An answer that arrived and cannot be used; what it cost is kept."""

    def __init__(self, reason: str, use: ModelUse | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.use = use or ModelUse()


def model_configured() -> bool:
    return bool(settings.OPENAI_API_KEY)


def draft_text(
    *,
    system: str,
    user: str,
    output: type[OutputT],
    model: str = "",
    budget: float | None = None,
) -> Written[OutputT] | FellBack:
    """Ask the model for one typed answer; always returns within ``budget`` seconds.

    ``system`` is the stable part (equal prefixes are cached by most servers and cost a tenth),
    ``user`` the facts of this draft, already under pseudonyms. Gives the database connection of
    this thread back before waiting.
    """
    model = model or settings.OPENAI_MODEL
    if not model_configured():
        return FellBack("no model is set up", ModelUse())
    release_database()
    call = _Call(system, user, output, model, budget or float(settings.MODEL_BUDGET_SECONDS))
    started = time.monotonic()
    outcome = call.within_budget()
    use = replace(outcome.use, model=model, milliseconds=round((time.monotonic() - started) * 1000))
    if isinstance(outcome, FellBack):
        logger.info("model %s not used: %s", model, outcome.reason)
    return replace(outcome, use=use)


def release_database() -> None:
    """Give this thread's connections back: a model may take longer than the pool has patience."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


@dataclass
class _Call(Generic[OutputT]):
    """One call with its tries; ``outcome`` is written by the thread."""

    system: str
    user: str
    output: type[OutputT]
    model: str
    seconds: float
    outcome: "Written[OutputT] | FellBack | None" = None

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.seconds
        self.client: openai.OpenAI | None = None

    def within_budget(self) -> "Written[OutputT] | FellBack":
        # A daemon thread: one that hangs in a dripping answer must not keep the process alive.
        thread = threading.Thread(target=self._run, name="model-call", daemon=True)
        thread.start()
        thread.join(max(0.0, self.deadline - time.monotonic()))
        if self.client is not None:
            self.client.close()
        return self.outcome or FellBack("the model took too long", ModelUse())

    def _run(self) -> None:
        try:
            self.outcome = self._tries()
        except Unusable as error:
            self.outcome = FellBack(error.reason, error.use)
        except OutsideError as error:
            self.outcome = FellBack(f"the model cannot be reached ({error.plain})", ModelUse())
        except Exception as error:
            logger.warning("model call failed: %s", type(error).__name__)
            self.outcome = FellBack("the model's answer could not be read", ModelUse())

    def _tries(self) -> "Written[OutputT]":
        base_url = settings.OPENAI_BASE_URL or DEFAULT_URL
        check_address(base_url)
        # No redirects and no proxy of the environment: both would leave the checked address.
        http = openai.DefaultHttpxClient(trust_env=False, follow_redirects=False)
        self.client = openai.OpenAI(
            api_key=settings.OPENAI_API_KEY, base_url=base_url, max_retries=0, http_client=http
        )
        for attempt in range(1, MOST_TRIES + 1):
            try:
                return self._once(self.client)
            except openai.APIError as error:
                wait = _wait_before_retry(error, attempt)
                if wait is None or attempt == MOST_TRIES or self._left() < wait + 0.5:
                    raise Unusable(_api_reason(error)) from None
                time.sleep(wait)
        raise Unusable("the model did not answer")

    def _once(self, client: openai.OpenAI) -> "Written[OutputT]":
        left = self._left()
        timeout = openai.Timeout(left, connect=min(CONNECT_SECONDS, left))
        with client.chat.completions.with_streaming_response.parse(
            model=self.model,
            messages=[
                {"role": "system", "content": self.system},
                {"role": "user", "content": self.user},
            ],
            response_format=self.output,
            max_completion_tokens=MOST_TOKENS,
            timeout=timeout,
        ) as response:
            body = self._read(response)
        return read_answer(body, self.output, self.model)

    def _read(self, response: Any) -> bytes:
        """The raw body, at most MOST_BYTES of it and not past the deadline."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                raise Unusable("the model's answer was far too long")
            if self._left() <= 0:
                raise Unusable("the model took too long")
        return bytes(body)

    def _left(self) -> float:
        return max(0.001, self.deadline - time.monotonic())


def read_answer(body: bytes, output: type[OutputT], model: str) -> Written[OutputT]:
    """The typed answer in a chat completion's JSON; raises Unusable in plain words."""
    try:
        data = json.loads(body)
        use = usage_of(data, model)
        choice = data["choices"][0]
        message = choice["message"]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise Unusable(_odd_body(body)) from None
    if message.get("refusal"):
        raise Unusable("the model declined to write this", use)
    if choice.get("finish_reason") == "length":
        raise Unusable("the model's answer was cut off", use)
    if choice.get("finish_reason") == "content_filter":
        raise Unusable("the model's filter held the answer back", use)
    if not (message.get("content") or "").strip():
        raise Unusable("the model answered nothing", use)
    try:
        return Written(output.model_validate_json(message["content"]), use)
    except (ValidationError, TypeError):
        raise Unusable("the model's answer did not have the agreed form", use) from None


def usage_of(data: dict[str, Any], model: str) -> ModelUse:
    """Tokens and cost, also of an answer that cannot be used; odd figures count as none."""
    usage = data.get("usage") or {}
    details = usage.get("prompt_tokens_details") or {}
    fresh, cached = _count(usage.get("prompt_tokens")), _count(details.get("cached_tokens"))
    written = _count(usage.get("completion_tokens"))
    return ModelUse(
        model, fresh, min(cached, fresh), written, cost_of(model, fresh, cached, written)
    )


def cost_of(model: str, input_tokens: int, cached_tokens: int, output_tokens: int) -> Decimal:
    """US dollars; ``input_tokens`` include the cached ones. 0 when the model is not in PRICES."""
    # A dated name ("gpt-5-mini-2025-08-07") costs what its family costs: the longest match wins.
    family = max((name for name in PRICES if model.startswith(name)), key=len, default="")
    if not family:
        return Decimal(0)
    fresh_price, cached_price, output_price = PRICES[family]
    cached = min(cached_tokens, input_tokens)
    total = (input_tokens - cached) * fresh_price + cached * cached_price
    return (total + output_tokens * output_price) / 1_000_000


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10_000_000 else 0


def _odd_body(body: bytes) -> str:
    if body.lstrip()[:1] == b"<":
        return "a web page came back in place of the model's answer"
    return "the model's answer could not be read"


def _wait_before_retry(error: openai.APIError, attempt: int) -> float | None:
    """Seconds to wait before another try, or None when another try cannot help."""
    if isinstance(error, openai.APITimeoutError):
        return None
    if isinstance(error, openai.APIConnectionError):
        return 0.3 * attempt
    if isinstance(error, openai.APIStatusError) and (
        error.status_code in {408, 409, 429} or error.status_code >= 500
    ):
        asked = error.response.headers.get("retry-after", "")
        return min(float(asked), 60.0) if asked.replace(".", "", 1).isdigit() else 0.3 * attempt
    return None


def _api_reason(error: openai.APIError) -> str:
    if isinstance(error, openai.APITimeoutError):
        return "the model took too long"
    if isinstance(error, openai.APIConnectionError):
        return "the model cannot be reached"
    status = getattr(error, "status_code", 0)
    known = {401: "the model's key is not accepted", 403: "the model's key is not accepted"}
    known |= {404: "the model's name is not known there", 429: "the model has too much to do"}
    return known.get(status, f"the model's server answered with an error ({status})")
