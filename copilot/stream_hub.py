"""The hub of a stream process: who listens, and the one Redis subscription that feeds them."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from copilot.listening import Listening
from core.hints import CHANNEL, TOLD

logger = logging.getLogger(__name__)
# How long Redis may be silent before it is asked whether it still lives.
SILENCE_SECONDS = 10.0
LONGEST_PAUSE = 5.0
# Pieces that a slow page has not read yet; of more it hears nothing and fetches the answer anew.
MOST_PIECES = 400
Hint = dict[str, Any]


class Client:
    """One open stream. Hints that wait are kept once per location and kind: a page that is slow
    to read costs a few entries, however many hints pass by."""

    def __init__(self, listening: Listening) -> None:
        self.listening = listening
        self.waiting: dict[tuple[int, str], Hint] = {}
        self.pieces: list[Hint] = []
        self.woken = asyncio.Event()

    def tell(self, hint: Hint) -> None:
        self.waiting[hint["location"], hint["kind"]] = hint
        self.woken.set()

    def tell_piece(self, piece: Hint) -> None:
        """Pieces are kept in order and none is left out, up to a bound."""
        if len(self.pieces) < MOST_PIECES:
            self.pieces.append(piece)
            self.woken.set()

    def pieces_taken(self) -> list[Hint]:
        taken, self.pieces = self.pieces, []
        return taken

    async def wait(self, seconds: float, gone: "asyncio.Future[None]") -> list[Hint]:
        """The hints that came within ``seconds``; empty after that, or when the page is gone."""
        woken = asyncio.ensure_future(self.woken.wait())
        either: set[asyncio.Future[Any]] = {woken, gone}
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
        hints = list(self.waiting.values())
        self.waiting.clear()
        self.woken.clear()
        return hints


class Hub:
    """All open streams of this process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clients: set[Client] = set()
        self.people: Counter[int] = Counter()
        self.opened = self.told = self.dropped = 0
        self.stopping = self.heard = False
        self._task: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        return len(self.clients)

    def open_of(self, user: int) -> int:
        return self.people[user]

    def start(self) -> None:
        """Begin to listen to Redis (once, however often it is called)."""
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._listen())

    async def stop(self) -> None:
        self.stopping = True
        for client in self.clients:
            client.woken.set()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @contextmanager
    def joined(self, listening: Listening) -> Iterator[Client]:
        client = Client(listening)
        self.clients.add(client)
        self.people[listening.user] += 1
        self.opened += 1
        try:
            yield client
        finally:
            self.clients.discard(client)
            self.people[listening.user] -= 1
            if not self.people[listening.user]:
                del self.people[listening.user]

    def tell(self, hint: Hint) -> None:
        """Pass a hint on to those who may hear of its location."""
        for client in self.clients:
            if hint["location"] in client.listening.locations:
                client.tell(hint)
                self.told += 1

    def tell_person(self, piece: Hint) -> None:
        """Pass a piece of an answer on to the one person it is for."""
        for client in self.clients:
            if client.listening.user == piece["user"]:
                client.tell_piece(piece)

    def figures(self) -> str:
        return (
            f"copilot_streams_open {self.open}\n"
            f"copilot_streams_opened_total {self.opened}\n"
            f"copilot_streams_dropped_total {self.dropped}\n"
            f"copilot_hints_told_total {self.told}"
        )

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            self.heard = False
            try:
                await self._subscribe()
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("hints: Redis does not answer (%s)", type(error).__name__)
            pause = 0.1 if self.heard else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _subscribe(self) -> None:
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1)
        # Confirmations are heard too: taken for silence, two of them would end the subscription.
        async with client, client.pubsub() as subscription:
            await subscription.subscribe(CHANNEL, TOLD)
            self.heard = True
            self._tell_everybody()
            await self._pass_on(subscription)

    async def _pass_on(self, subscription: Any) -> None:
        """Until Redis fails. Silence is answered with a question: a frozen Redis raises nothing."""
        asked = False
        while True:
            message = await subscription.get_message(timeout=SILENCE_SECONDS)
            if message is None:
                if asked:
                    raise TimeoutError
                await asyncio.wait_for(subscription.ping(), 1)
                asked = True
                continue
            asked = False
            if message["type"] == "message":
                self._heard(message)

    def _heard(self, message: Any) -> None:
        if message["channel"] == TOLD.encode():
            if piece := _piece(message["data"]):
                self.tell_person(piece)
        elif hint := _hint(message["data"]):
            self.tell(hint)

    def _tell_everybody(self) -> None:
        """Hints may have been lost while Redis was away: every page looks for itself."""
        for client in self.clients:
            for location in client.listening.locations:
                client.tell({"location": location, "kind": "queue"})


def _hint(data: bytes) -> Hint | None:
    """A hint as it was published; None for anything else on that channel."""
    try:
        said = json.loads(data)
        return {**said, "location": int(said["location"]), "kind": str(said["kind"])}
    except (KeyError, TypeError, ValueError):
        return None


def _piece(data: bytes) -> Hint | None:
    """A piece of an answer as it was published; None for anything else on that channel."""
    try:
        said = json.loads(data)
        return {**said, "user": int(said["user"]), "turn": int(said["turn"])}
    except (KeyError, TypeError, ValueError):
        return None
