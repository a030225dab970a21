"""A model's answer piece by piece, with look-ups it may ask for. The door is that of agents/llm.py.

The body is read by hand, raw and within a deadline: a server that drips, that never ends its
answer or that sends what is no answer costs its time and nothing else.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agents.answers import CUT_OFF, DECLINED, ENDED_BADLY, Unusable, usage_of
from agents.base import ModelUse
from agents.breaker import Breaker
from agents.budgets import Asker, call_record
from agents.costs import cost_of, prices
from agents.doors import Door
from agents.llm import CONNECT_SECONDS, MOST_BYTES, client_of, refused_by, release_database
from core.errors import OutsideError

MOST_TOKENS = 1_500
MOST_CALLS = 6
TOO_LONG = "the model took too long"
# '': the line was lost, or the server broke off in the middle of a word.
BROKEN_OFF = ENDED_BADLY | {"": CUT_OFF, "refusal": DECLINED}


@dataclass(frozen=True)
class Call:
    """A look-up the model asks for; ``arguments`` is whatever JSON object it sent, or {}."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Turned:
    """One turn of the model: its text, or the look-ups it wants first."""

    text: str
    calls: tuple[Call, ...] = ()
    use: ModelUse = field(default_factory=ModelUse)

    def as_message(self) -> dict[str, Any]:
        """The turn as it is told back to the model beside what was looked up."""
        asked = [
            {
                "id": one.id,
                "type": "function",
                "function": {"name": one.name, "arguments": json.dumps(dict(one.arguments))},
            }
            for one in self.calls
        ]
        return {"role": "assistant", "content": self.text or None, "tool_calls": asked}


def turn_stream(
    *,
    door: Door,
    asker: Asker,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    on_text: Callable[[str], None],
    seconds: float,
) -> Turned:
    """Ask for one turn; ``on_text`` gets each piece as it comes. Raises Unusable in plain words.

    Holds no database connection while it waits. What it cost is written down either way.
    """
    release_database()
    started, reading = time.monotonic(), _Reading(on_text, time.monotonic() + seconds)
    why, down = "", False
    try:
        _asked(door, messages, tools, reading)
    except Unusable as error:
        why, down = error.reason, error.temporary
        raise
    finally:
        Breaker(door.breaker).failed() if down else Breaker(door.breaker).worked()
        table, used = prices(), reading.use
        use = replace(
            used,
            model=door.model,
            cost=cost_of(
                door.model, used.input_tokens, used.cached_tokens, used.output_tokens, table
            ),
            milliseconds=round((time.monotonic() - started) * 1000),
        )
        call_record(asker, use, why)
    return Turned("".join(reading.text), reading.made(), use)


def _asked(
    door: Door,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    reading: "_Reading",
) -> None:
    try:
        client = client_of(door)
    except OutsideError as error:
        raise Unusable(f"the model cannot be reached ({error.plain})", temporary=True) from None
    asked: dict[str, Any] = {
        "model": door.model,
        "messages": list(messages),
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": MOST_TOKENS,
        "timeout": reading.left(),
    }
    if tools:
        asked["tools"] = list(tools)
    try:
        opened = client.chat.completions.with_streaming_response.create(**asked)
        with opened as response:
            reading.read(response.iter_bytes())
    except Unusable:
        raise
    except Exception as error:
        raise refused_by(error) from None
    finally:
        client.close()


@dataclass
class _Reading:
    """Server-sent events of one answer, read until they end or the deadline."""

    on_text: Callable[[str], None]
    deadline: float
    text: list[str] = field(default_factory=list)
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    use: ModelUse = field(default_factory=ModelUse)
    events: int = 0
    # How the server said that it was over; '' while it has not.
    finish: str = ""

    def left(self) -> float:
        return max(CONNECT_SECONDS / 100, self.deadline - time.monotonic())

    def read(self, chunks: Iterator[bytes]) -> None:
        rest, size = b"", 0
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise Unusable("the model's answer was far too long")
            if time.monotonic() >= self.deadline:
                raise Unusable(TOO_LONG, temporary=True)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._line(line.strip())
        self._line(rest.strip())
        if not self.events:
            raise Unusable("the model's answer could not be read")
        if self.finish in BROKEN_OFF:
            raise Unusable(BROKEN_OFF[self.finish])

    def _line(self, line: bytes) -> None:
        if line.startswith(b"data:") and line.endswith(b"[DONE]"):
            self.finish = self.finish or "stop"
        if not line.startswith(b"data:") or line.endswith(b"[DONE]"):
            return
        try:
            said = json.loads(line[5:])
            choices = said.get("choices") or []
            if said.get("usage"):
                self.use = usage_of(said, "")
            delta = choices[0].get("delta") or {} if choices else {}
            over = choices[0].get("finish_reason") if choices else ""
        except (ValueError, AttributeError, KeyError, TypeError, IndexError, RecursionError):
            raise Unusable("the model's answer could not be read") from None
        self.events += 1
        if delta.get("refusal"):
            over = "refusal"
        self.finish = self.finish if self.finish == "refusal" else str(over or self.finish)
        if isinstance(delta.get("content"), str) and delta["content"]:
            self.text.append(delta["content"])
            self.on_text(delta["content"])
        for part in delta.get("tool_calls") or []:
            self._part(part)

    def _part(self, part: Any) -> None:
        """Look-ups come in pieces: the name first, its arguments after it."""
        if not isinstance(part, dict) or not isinstance(part.get("index", 0), int):
            return
        held = self.calls.setdefault(part.get("index", 0), {"id": "", "name": "", "arguments": ""})
        function = part.get("function")
        function = function if isinstance(function, dict) else {}
        held["id"] = held["id"] or str(part.get("id") or "")
        held["name"] += str(function.get("name") or "")
        held["arguments"] += str(function.get("arguments") or "")

    def made(self) -> tuple[Call, ...]:
        ordered = [self.calls[place] for place in sorted(self.calls)][:MOST_CALLS]
        return tuple(
            Call(one["id"] or f"call_{place}", one["name"], _object(one["arguments"]))
            for place, one in enumerate(ordered)
        )


def _object(text: str) -> Mapping[str, Any]:
    try:
        said = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
