"""Webhook intake: our hook beside a bare Django view that does one raw INSERT.

Both run on the same server with the same threads, behind the same middleware, on the same
database, in turns, so that the machine's mood is in both. The load comes from a second process.
"""

from collections.abc import Iterator

from benchmarks import _hook_load as load
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.stack import stack

ROUNDS = 3
SECONDS = 4
DEADLINE_MS = 3000


def run() -> Iterator[Figure]:
    with stack() as made:
        target = load.prepare(made)
        ours, bare, slow = [], [], []
        for _ in range(ROUNDS):
            bare.append(load.rate(made, target.bare, SECONDS))
            ours.append(load.rate(made, target.hook, SECONDS))
        ratios = sorted(o.per_second / b.per_second for o, b in zip(ours, bare, strict=True))
        middle = sorted(one.per_second for one in bare)[ROUNDS // 2]
        yield at_least(
            "intake rate over a bare insert", ratios[ROUNDS // 2], 0.7, f"{middle:.0f}/s bare"
        )
        top = sorted(one.per_second for one in ours)[ROUNDS // 2]
        slow = [load.rate(made, target.hook, SECONDS, pace=top / 2).p99_ms for _ in range(ROUNDS)]
        p99 = sorted(slow)[ROUNDS // 2]
        yield at_least(
            "intake headroom under the sender's deadline",
            DEADLINE_MS / p99,
            20,
            f"p99 {p99:.1f} ms at {top / 2:.0f}/s, deadline {DEADLINE_MS} ms",
            "x",
        )
        load.fill(made, target, waiting=100_000, done=1_000_000)
        full = [load.rate(made, target.hook, SECONDS) for _ in range(ROUNDS)]
        loaded = sorted(one.per_second for one in full)[ROUNDS // 2]
        yield at_most(
            "intake slowdown with 100,000 waiting and 1,000,000 done",
            top / loaded,
            1.3,
            f"{top:.0f}/s empty, {loaded:.0f}/s full",
            "x",
        )
