"""The product beside its sandbox salon with no worker of its own: the test itself does their work.

The pages and the salon are real servers and talk over HTTP. What workers and the beat would do is
done here when a story looks for its outcome, so that nothing waits for a tick and a busy machine
makes a story slower, never wrong.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TypeVar

from agents.registry import agents
from agents.retail.cards import cards_drain
from agents.runs import runs_drain
from agents.services import agent_enable
from approvals.effects import effects_drain
from approvals.ladders.ladders import tick
from approvals.models import Effect, Offer
from copilot import demo as product
from core import clock
from integrations.inbox import inbox_drain, listener_drain
from integrations.models import InboundEvent
from integrations.sandbox.remote import Remote
from tests.support import servers, services
from tests.support.demo import DemoStack, told
from tests.support.polling import GENEROUS

Found = TypeVar("Found")


class Played(DemoStack):
    """A `DemoStack` whose work is done by whoever waits for it."""

    def work(self) -> None:
        """What the workers and the beat would do now, until nothing is left that is due."""
        for _ in range(50):
            done = inbox_drain() + listener_drain() + runs_drain() + effects_drain() + cards_drain()
            if not done and not tick(clock.now()):
                return
        raise AssertionError("the work never ends")

    def until(self, probe: Callable[[], Found], what: str = "it never became true") -> Found:
        """Works until `probe` answers something true; returns that."""
        deadline = time.monotonic() + GENEROUS
        while True:
            self.work()
            if found := probe():
                return found
            assert time.monotonic() < deadline, f"{what}; {_standing()}"
            time.sleep(0.05)

    def moment_to_undo_passes(self) -> None:
        soon = clock.now() + timedelta(minutes=2)
        held = Effect.objects.filter(state="waiting", outcome="", not_before__lt=soon)
        held.update(not_before=clock.now())

    def time_to_answer_passes(self) -> None:
        """Nobody who was asked has answered, and now it is too late."""
        asked = Offer.objects.filter(state=Offer.State.SENT)
        assert asked.update(answer_until=clock.now()) > 0


@contextmanager
def running(env: dict[str, str], desk: str, sandbox_port: int) -> Iterator[Played]:
    """The salon as a server, read and connected as the demo does it, every agent switched on.

    Nothing is drafted for what is booked already.
    """
    state = services.folder() / f"played-{services.worker_name()}.sqlite3"
    for old in state.parent.glob(f"{state.name}*"):
        old.unlink()
    env = env | {"SANDBOX_STATE": str(state), "SANDBOX_SMALL": "1"}
    with ExitStack() as stack:
        salon = stack.enter_context(
            servers.http_server(
                "sandbox", "wsgi", "integrations.sandbox.wsgi:application", sandbox_port, env
            )
        )
        stack.enter_context(told(env, desk, salon.url))
        _connected()
        remote = Remote(salon.url)
        stack.callback(remote.http.close)
        yield Played(desk, salon.url, env["SANDBOX_TOKEN"], remote)


def _standing() -> str:
    """What a story that waits in vain should say: the clock it works by, and what lies there."""
    kept = Counter(InboundEvent.objects.values_list("state", "outcome"))
    return f"it is {clock.now()}, deliveries {dict(kept)}"


def _connected() -> None:
    connection = product.demo_connection()
    product.demo_sync(connection, lambda kind, done: None)
    product.demo_people(connection)
    for agent in agents.names():
        agent_enable(actor=product.ACTOR, connection=connection, location=None, agent=agent)
    product.demo_subscribe(connection)
