"""The one door to a language model: chat completions with typed output, within a time budget.

Everything that can go wrong ends as FellBack with a plain reason, never as an exception: a draft
must appear either way. The client's own time-out is per read (a server that drips a byte a second
would hold a worker for hours), so the whole call runs in a thread that we stop waiting for. What
clients wrote or what the model answered is never logged.
"""

import logging
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import connections
from pydantic import BaseModel

from agents.answers import FellBack, Unusable, Written, read_answer, said_by, status_reason
from agents.base import ModelUse
from agents.breaker import RESTING, Breaker
from agents.budgets import Asker, budget_spent, call_record
from agents.costs import PRICES, cost_of, prices
from agents.doors import DEFAULT_URL, NO_KEY, Door, door_for, door_of_environment
from agents.tracing import model_span
from core.addresses import check_address
from core.errors import OutsideError

if TYPE_CHECKING:
    import openai

__all__ = ["FellBack", "Request", "Written", "draft_text", "release_database"]
logger = logging.getLogger(__name__)
OutputT = TypeVar("OutputT", bound=BaseModel)
# A text message is some hundred bytes; a reply of more than this is not one, whatever it says.
MOST_BYTES = 256_000
MOST_TOKENS = 4_000
MOST_TRIES = 3
CONNECT_SECONDS = 3.0
# With a second model behind it the first may use this share of the time.
FIRST_SHARE = 0.6
LEAST_SECONDS = 1.0
TOO_LONG = "the model took too long"


@dataclass(frozen=True)
class Request(Generic[OutputT]):
    """What is asked. ``system`` is the stable part (equal beginnings are cached by most servers and
    cost a tenth), ``user`` the facts of this draft, already under pseudonyms; ``turns`` are later
    (role, text) pairs when a text is to be corrected."""

    system: str
    user: str
    output: type[OutputT]
    turns: Sequence[tuple[str, str]] = ()

    @property
    def agreed_form(self) -> str:
        """In words as well: some servers take the schema and pay no attention to it."""
        names = ", ".join(f'"{name}"' for name in self.output.model_fields)
        return f"Answer with one JSON object and nothing else. Its fields: {names}."

    def messages(self) -> list[dict[str, str]]:
        first = [("system", f"{self.system}\n\n{self.agreed_form}"), ("user", self.user)]
        return [{"role": role, "content": text} for role, text in [*first, *self.turns]]


def draft_text(
    request: Request[OutputT],
    *,
    model: str = "",
    seconds: float | None = None,
    asker: Asker | None = None,
    door: Door | None = None,
) -> Written[OutputT] | FellBack:
    """Ask the model for one typed answer; always returns within ``seconds``.

    Without ``door`` the one of the asker's connection is used, without either the environment's.
    Gives the database connection of this thread back before waiting.
    """
    if door is None:
        door = door_for(asker.connection_id) if asker else door_of_environment()
    why = why_not(door, asker)
    if why:
        return FellBack(why, ModelUse())
    deadline = time.monotonic() + (seconds or door.seconds)
    names = [model or door.model, *([door.fallback_model] if door.fallback_model else [])]
    outcome: Written[OutputT] | FellBack = FellBack(TOO_LONG, ModelUse())
    for number, name in enumerate(names):
        left = deadline - time.monotonic()
        if number and left < LEAST_SECONDS:
            break
        share = FIRST_SHARE if number == 0 and len(names) > 1 else 1.0
        outcome = _asked(request, door, name, left * share, asker)
        if isinstance(outcome, Written):
            break
    return outcome


def why_not(door: Door, asker: Asker | None) -> str:
    """Why nothing is asked at all, or ''."""
    if not door.open:
        return door.problem or "no model is set up"
    if asker is not None and asker.location_id and (spent := budget_spent(asker.location_id)):
        return spent
    return "" if Breaker(door.breaker).allows() else RESTING


def _asked(
    request: Request[OutputT], door: Door, model: str, seconds: float, asker: Asker | None
) -> Written[OutputT] | FellBack:
    """One model, with its tries; the call is written down whatever came of it."""
    table = prices() if asker else PRICES
    release_database()
    call = _Call(request, door, model, seconds)
    started = time.monotonic()
    with model_span(model, door.base_url) as span:
        outcome = call.within_budget()
        span.ended(outcome.use, outcome.reason if isinstance(outcome, FellBack) else "")
    used = outcome.use
    use = replace(
        used,
        model=model,
        cost=cost_of(model, used.input_tokens, used.cached_tokens, used.output_tokens, table),
        milliseconds=round((time.monotonic() - started) * 1000),
    )
    outcome = replace(outcome, use=use)
    reason = outcome.reason if isinstance(outcome, FellBack) else ""
    if reason:
        logger.info("model %s not used: %s", model, reason)
    if isinstance(outcome, FellBack) and outcome.temporary:
        Breaker(door.breaker).failed()
    else:
        Breaker(door.breaker).worked()
    if asker is not None:
        call_record(asker, use, reason)
    return outcome


def release_database() -> None:
    """Give this thread's connections back: a model may take longer than the pool has patience."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


@lru_cache(maxsize=1)
def trusted_certificates() -> ssl.SSLContext:
    """Read once for the process: reading them costs 50 ms of processor, once per draft too much."""
    return ssl.create_default_context()


def library_load() -> None:
    """Load what the first call would have to: most of a second of processor, and no draft should
    wait for it. Costs 22 MB, so only where drafts are written."""
    import openai

    http = openai.DefaultHttpxClient(trust_env=False, verify=trusted_certificates())
    with openai.OpenAI(api_key=NO_KEY, base_url=DEFAULT_URL, http_client=http) as client:
        # Its parts are loaded when they are first named.
        _ = client.chat.completions.with_streaming_response.parse


@lru_cache(maxsize=64)
def form_of(output: type[BaseModel]) -> dict[str, Any]:
    """The agreed form as servers want it: a strict JSON schema, made once for a class."""
    import openai

    schema = openai.pydantic_function_tool(output)["function"]["parameters"]
    form = {"name": output.__name__, "schema": schema, "strict": True}
    return {"type": "json_schema", "json_schema": form}


def client_of(door: Door) -> "openai.OpenAI":
    """A client of a door whose address was checked; raises OutsideError for one that is not
    allowed. Close it after use."""
    # Here and not above: it costs most of a second, and most processes never ask a model.
    import openai

    check_address(door.base_url)
    # No redirects and no proxy of the environment: both would leave the checked address.
    http = openai.DefaultHttpxClient(
        trust_env=False, follow_redirects=False, verify=trusted_certificates()
    )
    return openai.OpenAI(api_key=door.key, base_url=door.base_url, max_retries=0, http_client=http)


@dataclass
class _Call(Generic[OutputT]):
    """One call with its tries; ``outcome`` is written by the thread."""

    request: Request[OutputT]
    door: Door
    model: str
    seconds: float
    outcome: "Written[OutputT] | FellBack | None" = None
    client: "openai.OpenAI | None" = None
    # What this server was found not to understand; it is asked again without.
    old_style: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.seconds

    def within_budget(self) -> "Written[OutputT] | FellBack":
        # A daemon thread: one that hangs in a dripping answer must not keep the process alive.
        thread = threading.Thread(target=self._run, name="model-call", daemon=True)
        thread.start()
        thread.join(max(0.0, self.deadline - time.monotonic()))
        if self.client is not None:
            self.client.close()
        return self.outcome or FellBack(TOO_LONG, ModelUse(), temporary=True)

    def _run(self) -> None:
        try:
            self.outcome = self._tries()
        except Unusable as error:
            self.outcome = FellBack(error.reason, error.use, error.temporary, error.said)
        except OutsideError as error:
            reason = f"the model cannot be reached ({error.plain})"
            self.outcome = FellBack(reason, ModelUse(), temporary=True)
        except Exception as error:
            logger.warning("model call failed: %s", type(error).__name__)
            self.outcome = FellBack("the model's answer could not be read", ModelUse())

    def _tries(self) -> "Written[OutputT]":
        import openai

        self.client = client_of(self.door)
        attempt = 0
        while attempt < MOST_TRIES:
            try:
                return self._once(self.client)
            except openai.BadRequestError as error:
                if not self._without_what_it_refuses(said_by(error.body)):
                    raise refused_by(error) from None
            except openai.APIError as error:
                attempt += 1
                wait = _wait_before_retry(error, attempt)
                if wait is None or attempt == MOST_TRIES or self._left() < wait + 0.5:
                    raise refused_by(error) from None
                time.sleep(wait)
        raise Unusable("the model did not answer", temporary=True)

    def _without_what_it_refuses(self, said: str) -> bool:
        """Older and other servers know neither this limit nor schemas; once each, ask without."""
        for word in ("max_completion_tokens", "response_format", "json_schema"):
            if word in said and word not in self.old_style:
                self.old_style.add(word)
                return True
        return False

    def _once(self, client: "openai.OpenAI") -> "Written[OutputT]":
        import openai

        left, calls = self._left(), client.chat.completions.with_streaming_response
        limit = "max_tokens" if "max_completion_tokens" in self.old_style else ""
        asked: dict[str, Any] = {
            "model": self.model,
            "messages": self.request.messages(),
            limit or "max_completion_tokens": MOST_TOKENS,
            "timeout": openai.Timeout(left, connect=min(CONNECT_SECONDS, left)),
        }
        if self.old_style & {"response_format", "json_schema"}:
            opened = calls.create(**asked)
        else:
            # Beside what the library looks through key by key: a schema took it longer than the
            # rest of the call.
            form = {"response_format": form_of(self.request.output)}
            opened = calls.create(**asked, extra_body=form)
        with opened as response:
            body = self._read(response)
        return read_answer(body, self.request.output, self.model)

    def _read(self, response: Any) -> bytes:
        """The raw body, at most MOST_BYTES of it and not past the deadline."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                raise Unusable("the model's answer was far too long")
            if self._left() <= 0.001:
                raise Unusable(TOO_LONG, temporary=True)
        return bytes(body)

    def _left(self) -> float:
        return max(0.001, self.deadline - time.monotonic())


def _wait_before_retry(error: Any, attempt: int) -> float | None:
    """Seconds to wait before another try, or None when another try cannot help."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return None
    if isinstance(error, openai.APIConnectionError):
        return 0.3 * attempt
    if _is_temporary(error):
        asked = error.response.headers.get("retry-after", "")
        return min(float(asked), 60.0) if asked.replace(".", "", 1).isdigit() else 0.3 * attempt
    return None


def _is_temporary(error: Any) -> bool:
    """Whether another try could help: time-outs, a lost line, too much to do, a server's fault."""
    import openai

    if not isinstance(error, openai.APIStatusError):
        return isinstance(error, openai.APIConnectionError)
    quota = "quota" in said_by(error.body).casefold()
    return (error.status_code in {408, 409, 429} or error.status_code >= 500) and not quota


def refused_by(error: Any) -> Unusable:
    """What the client library raised, in plain words."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return Unusable(TOO_LONG, temporary=True)
    if isinstance(error, openai.APIStatusError):
        reason = status_reason(error.status_code, error.body)
        return Unusable(reason, temporary=_is_temporary(error), said=said_by(error.body))
    return Unusable("the model cannot be reached", temporary=True)
