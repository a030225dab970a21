"""The threads behind the salon: webhooks go out, texts arrive on phones.

Receivers are told the truth about failure only by their status code, so every attempt is kept.
"""

import fcntl
import json
import threading
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from integrations.sandbox import clock, history, knobs
from integrations.sandbox.salon import messages, replies
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire import webhooks
from integrations.sandbox.wire.bell import bell

# Eight retries over a day, as the dialect says; knob retry_scale squeezes them.
RETRIES_S = (5, 60, 300, 1800, 7200, 18_000, 28_800, 28_800)
_IDLE_S = 0.25
_BATCH = 32
_AT_ONCE = 4


class Sender(threading.Thread):
    """Sends what is due. At least once: a crash between sending and noting sends again."""

    def __init__(self) -> None:
        super().__init__(name="sandbox-sender", daemon=True)
        self._busy: set[int] = set()
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[Record] = SimpleQueue()
        self._http = httpx.Client(timeout=10, follow_redirects=False, trust_env=False)

    def run(self) -> None:
        # Daemon threads and no pool: a pool's threads are waited for at the end of the process,
        # and a receiver that hangs would hold up Ctrl-C for ten seconds.
        for number in range(_AT_ONCE):
            threading.Thread(target=self._work, name=f"send-{number}", daemon=True).start()
        # Two servers on one state would send everything twice; the second waits for the first.
        with open(f"{store().path}.sender", "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            while True:
                bell.wait(_IDLE_S)
                bell.clear()
                try:
                    self._round()
                except Exception as problem:
                    _stumbled(problem)

    def _round(self) -> None:
        messages.arrive_due(replies.plan)
        replies.answer_due()
        if knobs.get("pause_webhooks"):
            return
        for row in self._due():
            with self._lock:
                self._busy.add(row["seq"])
            self._waiting.put(row)

    def _due(self) -> list[Record]:
        with self._lock:
            room = _BATCH - len(self._busy)
            busy = set(self._busy)
        if room <= 0:
            return []
        rows = store().db.execute(
            "SELECT * FROM deliveries WHERE state = 'pending' AND next_at <= ? "
            "ORDER BY next_at, seq LIMIT ?",
            (clock.machine_seconds(), room + len(busy)),
        )
        return [dict(row) for row in rows if row["seq"] not in busy][:room]

    def _work(self) -> None:
        while True:
            self._send(self._waiting.get())

    def _send(self, row: Record) -> None:
        try:
            status, error = self._post(row)
            self._note(row, status, error)
        except Exception as problem:
            _stumbled(problem)
        finally:
            with self._lock:
                self._busy.discard(row["seq"])
            bell.set()

    def _post(self, row: Record) -> tuple[int | None, str]:
        found = [s for s in webhooks.subscriptions() if s["id"] == row["subscription"]]
        if not found:
            return 410, "no longer subscribed"
        try:
            answer = self._http.post(
                found[0]["url"], content=row["body"].encode(), headers=headers(row, found[0])
            )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as problem:
            return None, f"{type(problem).__name__}: {problem}"
        return answer.status_code, "" if answer.is_success else answer.text[:200]

    def _note(self, row: Record, status: int | None, error: str) -> None:
        attempts = row["attempts"] + 1
        accepted = status is not None and 200 <= status < 300
        gone = error == "no longer subscribed" or attempts > len(RETRIES_S)
        state = "delivered" if accepted else "dead" if gone else "pending"
        wait = RETRIES_S[min(attempts, len(RETRIES_S)) - 1] * float(knobs.get("retry_scale"))
        with store().write():
            # After a reset the number belongs to another delivery; its id does not.
            noted = store().db.execute(
                "UPDATE deliveries SET state=?, attempts=?, next_at=?, last_status=?, last_error=? "
                "WHERE seq=? AND webhook_id=?",
                (
                    state,
                    attempts,
                    clock.machine_seconds() + wait,
                    status,
                    error,
                    row["seq"],
                    row["webhook_id"],
                ),
            )
            if not noted.rowcount:
                return
            history.add(
                "webhook",
                f"webhook.{state}",
                "platform",
                row["webhook_id"],
                event=row["event"],
                status=status,
                attempt=attempts,
                about=json.loads(row["body"]).get("data", {}).get("id"),
            )


def _stumbled(problem: Exception) -> None:
    """A fault of our own must not end the thread, and must not pass unseen."""
    with store().write():
        history.add("webhook", "sender.stumbled", "platform", error=repr(problem))


def headers(row: Record, subscription: Record) -> dict[str, str]:
    """The headers of one attempt; each attempt is signed anew, as its timestamp must be fresh."""
    made: dict[str, Any] = {"content-type": "application/json", "user-agent": "salon-sandbox/1"}
    if subscription["style"] == "plain":
        return made
    moment = datetime.fromtimestamp(int(clock.machine_seconds()), UTC)
    sign = Webhook(subscription["secret"]).sign
    return made | {
        "webhook-id": row["webhook_id"],
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": sign(row["webhook_id"], moment, row["body"]),
    }


_started = threading.Lock()


def start() -> None:
    """Starts the sender once in this process."""
    if _started.acquire(blocking=False):
        Sender().start()
