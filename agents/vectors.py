"""Vectors of texts from a model server that speaks OpenAI's embeddings. The door is agents/llm.py.

As with drafts the whole call runs in a thread that we stop waiting for: a server that drips would
hold a page for hours. What is asked is never logged; what it cost is written down.
"""

import json
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.answers import Unusable, usage_of
from agents.base import ModelUse
from agents.breaker import RESTING, Breaker
from agents.budgets import Asker, budget_spent, call_record
from agents.costs import cost_of, prices
from agents.doors import Door
from agents.llm import CONNECT_SECONDS, TOO_LONG, client_of, refused_by, release_database
from agents.models import ModelCall
from core.errors import OutsideError

logger = logging.getLogger(__name__)
Floats = NDArray[np.float32]
# Texts of one call; a vector of 4,096 numbers is some 90 kB of JSON.
AT_ONCE = 64
MOST_BYTES = 16_000_000
MOST_DIMENSIONS = 4_096
ODD = "the server's vectors could not be read"


def vectors_asked(door: Door, texts: Sequence[str], *, seconds: float, payer: Asker) -> Floats:
    """One row of length 1 a text, at most AT_ONCE texts. Raises Unusable, within ``seconds``.

    Holds no database connection while it waits.
    """
    breaker = Breaker(f"{door.breaker}:vectors" if door.breaker else "")
    spent = budget_spent(payer.location_id) if payer.location_id is not None else ""
    why = door.problem or spent or ("" if breaker.allows() else RESTING)
    if why:
        raise Unusable(why, temporary=True)
    release_database()
    asking, started = _Asking(door, texts, time.monotonic() + seconds), time.monotonic()
    rows, error = asking.within_time()
    if error is not None and error.temporary:
        breaker.failed()
    else:
        breaker.worked()
    _kept(payer, door, asking.use, round((time.monotonic() - started) * 1000), error)
    if error is not None:
        raise error
    return rows


def _kept(payer: Asker, door: Door, use: ModelUse, took: int, error: Unusable | None) -> None:
    model = door.embedding_model
    cost = cost_of(model, use.input_tokens, 0, 0, prices())
    spent = replace(use, model=model, cost=cost, milliseconds=took)
    whose = replace(payer, purpose=ModelCall.Purpose.SEARCH)
    call_record(whose, spent, error.reason if error is not None else "")


@dataclass
class _Asking:
    """One call; ``rows`` or ``error`` is written by the thread."""

    door: Door
    texts: Sequence[str]
    deadline: float
    rows: Floats = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    error: Unusable | None = None
    use: ModelUse = field(default_factory=ModelUse)
    client: Any = None

    def within_time(self) -> tuple[Floats, Unusable | None]:
        thread = threading.Thread(target=self._run, name="vectors", daemon=True)
        thread.start()
        thread.join(self._left())
        if self.client is not None:
            self.client.close()
        if thread.is_alive():
            return self.rows, Unusable(TOO_LONG, temporary=True)
        return self.rows, self.error

    def _run(self) -> None:
        try:
            self.rows = self._asked()
        except Unusable as error:
            self.error = error
        except OutsideError as error:
            self.error = Unusable(f"the model cannot be reached ({error.plain})", temporary=True)
        except Exception as error:
            logger.info("vectors not used: %s", type(error).__name__)
            self.error = refused_by(error)

    def _asked(self) -> Floats:
        self.client = client_of(self.door)
        timeout = max(CONNECT_SECONDS / 100, self._left())
        opened = self.client.embeddings.with_streaming_response.create(
            model=self.door.embedding_model,
            input=list(self.texts),
            encoding_format="float",
            timeout=timeout,
        )
        body = bytearray()
        with opened as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Unusable("the model's answer was far too long")
        return self._read(bytes(body))

    def _read(self, body: bytes) -> Floats:
        """The rows in the order of the texts, each as long as the others."""
        try:
            data = json.loads(body)
            self.use = usage_of(data, self.door.embedding_model)
            rows = _in_order(data["data"], len(self.texts))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Unusable(ODD) from None
        lengths = np.linalg.norm(rows, axis=1)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise Unusable(ODD)
        made: Floats = (rows / lengths[:, None]).astype(np.float32)
        return made

    def _left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())


def _in_order(data: Any, count: int) -> NDArray[np.float64]:
    placed = {int(one.get("index", place)): one["embedding"] for place, one in enumerate(data)}
    rows = np.array([placed[place] for place in range(count)], dtype=np.float64)
    if rows.ndim != 2 or not 0 < rows.shape[1] <= MOST_DIMENSIONS:
        raise ValueError("not a table")
    return rows
