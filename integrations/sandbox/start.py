"""Bringing the salon up: the state file, its first records, its clock and knobs."""

import json

from integrations.sandbox import clock, history, knobs
from integrations.sandbox.config import config
from integrations.sandbox.seed.build import plant
from integrations.sandbox.store import Record, store


def prepare() -> None:
    """Makes the state when there is none; safe to call again and from several processes."""
    with store().write():
        clock.restore(store().setting("clock"))
        knobs.load()
        if store().setting("seeded") is None:
            _plant(config().seed, config().small)


def _plant(seed: int, small: bool) -> Record:
    counts = plant(seed, small=small)
    store().keep("seeded", json.dumps({"seed": seed, "small": small}))
    store().keep("clock", clock.stored())
    history.add("knob", "salon.seeded", "platform", seed=seed, small=small, **counts)
    return counts


def reset(*, seed: int | None, small: bool | None, keep_webhooks: bool) -> Record:
    """A fresh salon in place of this one; the clock stays as it is, the knobs go back."""
    with store().write():
        kept = store().setting("subscriptions") if keep_webhooks else None
        store().wipe()
        if kept:
            store().keep("subscriptions", kept)
        knobs.load()
        return _plant(
            config().seed if seed is None else int(seed),
            config().small if small is None else bool(small),
        )
