"""How the platform is told to misbehave. Kept in the state, so a restart changes nothing."""

import json
import random
import threading
from dataclasses import dataclass
from typing import Any

from integrations.sandbox import history
from integrations.sandbox.config import config
from integrations.sandbox.errors import Refused
from integrations.sandbox.store import Record, store


@dataclass(frozen=True)
class Knob:
    name: str
    label: str
    default: Any
    help: str
    top: float = 0.0


ALL = (
    Knob("latency_ms", "Slow answers (ms)", 0, "Every call waits this long.", 60_000),
    Knob("rate_429", "Share of “too many requests”", 0.0, "0.2 refuses one call in five.", 1),
    Knob("retry_after_s", "Retry-After (s)", 2, "What a refused caller is told to wait.", 3600),
    Knob("calls_per_minute", "Calls allowed a minute", 0, "0 is no limit.", 100_000),
    Knob("rate_500", "Share of server errors", 0.0, "Nothing is applied by such a call.", 1),
    Knob(
        "drop_reply",
        "Share of lost replies",
        0.0,
        "A change is applied, then the connection breaks.",
        1,
    ),
    Knob("duplicate_webhooks", "Share of webhooks sent twice", 0.0, "Same id, same body.", 1),
    Knob("shuffle_s", "Shuffle webhooks (s)", 0.0, "Each waits at random up to this long.", 600),
    Knob("delay_s", "Delay webhooks (s)", 0.0, "All wait this long.", 86_400),
    Knob(
        "retry_scale",
        "Speed of webhook retries",
        1.0,
        "1 spreads 8 retries over a day; 0.001 over a minute and a half.",
        1,
    ),
    Knob("pause_webhooks", "Hold webhooks back", False, "They go out when this is off again."),
    Knob("webhooks_only", "Webhooks only", False, "Reads answer 404, writes 403."),
    Knob("token_expired", "Token expired", False, "Every call answers 401."),
    Knob("platform_down", "Platform down", False, "Every call answers 503 with a web page."),
    Knob(
        "delivery_ms",
        "Time until a text arrives (ms)",
        800,
        "Then message.status is sent.",
        600_000,
    ),
    Knob("delivery_failures", "Share of texts that fail", 0.0, "Status failed instead.", 1),
    Knob(
        "sends_confirmations",
        "The platform confirms by itself",
        False,
        "It texts a confirmation at every new appointment.",
    ),
    Knob("sends_receipts", "The platform mails receipts", True, "At every checkout."),
)
_BY_NAME = {knob.name: knob for knob in ALL}

_cache: dict[str, Any] = {}
_lock = threading.Lock()
_dice = random.Random(config().seed)


def load() -> None:
    kept = json.loads(store().setting("knobs") or "{}")
    with _lock:
        _cache.clear()
        _cache.update({knob.name: kept.get(knob.name, knob.default) for knob in ALL})


def get(name: str) -> Any:
    return _cache[name]


def everything() -> Record:
    return dict(_cache)


def chance(name: str) -> bool:
    share = float(_cache[name])
    return share > 0 and (share >= 1 or _dice.random() < share)


def spread(name: str) -> float:
    return _dice.uniform(0, float(_cache[name]))


def _fitted(knob: Knob, value: Any) -> Any:
    if isinstance(knob.default, bool):
        return value in (True, 1, "1", "true", "on", "yes")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Refused(400, "bad_knob", f"{knob.label}: {value!r} is not a number.") from None
    if not 0 <= number <= knob.top:
        raise Refused(400, "bad_knob", f"{knob.label}: choose from 0 to {knob.top:g}.")
    return int(number) if isinstance(knob.default, int) else number


def turn(changes: Record, actor: str) -> Record:
    """Sets knobs by name; {"reset": true} puts all back first. Answers all of them."""
    if changes.pop("reset", False):
        changes = {knob.name: knob.default for knob in ALL} | changes
    unknown = sorted(set(changes) - set(_BY_NAME))
    if unknown:
        raise Refused(400, "unknown_knob", f"No such knob: {', '.join(unknown)}.")
    fitted = {name: _fitted(_BY_NAME[name], value) for name, value in changes.items()}
    with store().write():
        store().keep("knobs", json.dumps(everything() | fitted))
        changed = {name: value for name, value in fitted.items() if _cache[name] != value}
        if changed:
            history.add("knob", "knobs.turned", actor, **changed)
    load()
    return everything()
