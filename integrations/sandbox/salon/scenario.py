"""What every scenario shares: started, watched, made faster or slower, stopped."""

import json
import random
import threading
from collections.abc import Callable
from itertools import count

from integrations.sandbox import history
from integrations.sandbox.errors import Refused
from integrations.sandbox.store import Record, store

_rounds = count(1)


class Scenario:
    """Steps played one after the other in a thread.

    ``step(dice, progress)`` does one thing and says which; ``prepare(dice)`` runs once before, in
    one transaction. ``seconds`` lie between two steps at normal speed.
    """

    def __init__(
        self,
        name: str,
        *,
        steps: int,
        seconds: float,
        prepare: Callable[[random.Random], None],
        step: Callable[[random.Random, float], str],
    ) -> None:
        self.name, self.seconds = name, seconds
        self._steps, self._prepare, self._step = steps, prepare, step
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._state: Record = {
            "name": name, "running": False, "done": 0, "total": steps, "speed": 1.0, "last": "",
        }  # fmt: skip

    def state(self) -> Record:
        with self._lock:
            return dict(self._state)

    def set_speed(self, speed: float) -> None:
        if not 0 < speed <= 1000:
            raise Refused(400, "bad_speed", "speed is more than 0 and at most 1000.")
        with self._lock:
            self._state["speed"] = speed

    def begin(self, speed: float, steps: int = 0) -> None:
        """Starts from the beginning; a running one must be stopped first."""
        self.set_speed(speed)
        total = steps or self._steps
        with self._lock:
            if self._state["running"]:
                raise Refused(409, "already_running", "This is already being played.")
            self._stop = threading.Event()
            self._state.update(running=True, done=0, total=total, last="")
            stopped = self._stop
        seeded = json.loads(store().setting("seeded") or "{}").get("seed", 7)
        dice = random.Random(seeded * 1000 + next(_rounds))
        try:
            with store().write():
                history.add("knob", "scenario.started", "scenario", name=self.name, steps=total,
                            speed=speed)  # fmt: skip
                self._prepare(dice)
        except BaseException:
            self.stop()
            raise
        threading.Thread(
            target=self._play, args=(stopped, dice, total), name=f"play-{self.name}", daemon=True
        ).start()

    def stop(self) -> None:
        self._stop.set()
        with self._lock:
            self._state["running"] = False

    def _play(self, stopped: threading.Event, dice: random.Random, total: int) -> None:
        for number in range(total):
            if stopped.wait(self.seconds / self.state()["speed"]):
                return
            said = self._step(dice, number / total)
            with self._lock:
                if stopped.is_set():
                    return
                self._state.update(done=number + 1, last=said)
        with self._lock:
            self._state["running"] = False
