"""The salon's time: real by default, or frozen and moved by hand.

The sandbox plays another company's servers, so it has a clock of its own and does not share the
product's. Deliveries and their signatures use the machine's time, because receivers check that.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.sandbox.config import config
from integrations.sandbox.errors import Refused

_state: dict[str, Any] = {"frozen_at": None, "offset": 0.0}


def now() -> datetime:
    """The salon's present moment, aware, UTC."""
    if _state["frozen_at"] is not None:
        return _state["frozen_at"]
    return datetime.now(UTC) + timedelta(seconds=_state["offset"])


def machine_seconds() -> float:
    """Seconds since the epoch by the machine, for retries and everything between processes."""
    return time.time()


def parse(text: object) -> datetime:
    """An ISO time with a zone, as UTC. Raises Refused (400) for anything else."""
    try:
        moment = datetime.fromisoformat(str(text).strip().replace(" ", "+"))
    except ValueError:
        raise Refused(400, "bad_time", f"{text!r} is not an ISO 8601 time.") from None
    if moment.tzinfo is None:
        raise Refused(400, "bad_time", f"{text!r} has no time zone; end it with Z.")
    return moment.astimezone(UTC)


def micro(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored() -> str:
    frozen = _state["frozen_at"]
    return json.dumps({"frozen_at": micro(frozen) if frozen else None, "offset": _state["offset"]})


def restore(text: str | None) -> None:
    """Takes up the clock as it was kept; a new state starts at SANDBOX_NOW when that is given."""
    if text:
        kept = json.loads(text)
        frozen = kept["frozen_at"]
        _state.update(frozen_at=parse(frozen) if frozen else None, offset=kept["offset"])
        return
    start = parse(config().now) if config().now else None
    _state.update(frozen_at=start, offset=0.0)


def move(order: dict[str, Any]) -> dict[str, Any]:
    """Carries out {"now", "running"}, {"advance": seconds} or {"real": true}; answers the state."""
    if order.get("real"):
        _state.update(frozen_at=None, offset=0.0)
    if "now" in order:
        target = parse(order["now"])
        running = bool(order.get("running"))
        offset = (target - datetime.now(UTC)).total_seconds() if running else 0.0
        _state.update(frozen_at=None if running else target, offset=offset)
    if "advance" in order:
        step = float(order["advance"])
        if _state["frozen_at"] is not None:
            _state["frozen_at"] += timedelta(seconds=step)
        else:
            _state["offset"] += step
    return shown()


def shown() -> dict[str, Any]:
    if _state["frozen_at"] is not None:
        mode = "frozen"
    else:
        mode = "moved" if abs(_state["offset"]) > 0.5 else "real"
    return {"now": micro(now()), "mode": mode}
