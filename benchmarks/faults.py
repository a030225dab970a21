"""Five hundred events while workers, web and Redis are killed and PostgreSQL is restarted.

The product runs unaltered, with the waits of production. Two people decide on the same queue at
once. The sandbox salon duplicates a fifth of its webhooks, shuffles them, loses replies and
answers some calls with 500; its own append-only history is the witness. The baseline of each
figure is what the same run put in its way: what a sender that trusts every delivery and repeats
every call without an answer would have got wrong.
"""

from collections.abc import Iterator

from benchmarks import _salon as salon
from benchmarks.figures import Figure, none_of
from benchmarks.stack import SANDBOX_TOKEN, Stack, stack

SOAK = True
EVENTS, KILLS, SEED, A_SECOND = 500, 24, 20_260, 4.0
# Leases of dead workers run for up to three minutes, and another may die with the same row.
SETTLE_SECONDS = 900
SHOWN = 12


def run() -> Iterator[Figure]:
    with stack() as made:
        yield from measure(made)


def measure(made: Stack) -> Iterator[Figure]:
    from tests.support.faultrun.house import House
    from tests.support.faultrun.run import Plan, fault_run

    remote = salon.open_salon(made)
    house = House(made.children, remote, SANDBOX_TOKEN, made.cluster.ready)
    plan = Plan(
        EVENTS, KILLS, SEED, A_SECOND, SETTLE_SECONDS, services=16, restart_postgres=True
    )  # fmt: skip
    found = fault_run(house, plan, lambda words: print(words, flush=True))
    print(", ".join(f"{what}: {n}" for what, n in sorted(found.injected.items())), flush=True)
    for what in (found.lost + found.doubled + found.undecided)[:SHOWN]:
        print(f"  {what}", flush=True)
    kills = sum(house.killed.values())
    repeated, dropped = found.injected["repeated deliveries"], found.injected["lost replies"]
    tried = found.deliveries + found.appointments + found.approved
    yield none_of("lost under faults", len(found.lost), tried, f"{kills} kills and restarts")
    naive = f"a naive sender: {repeated} repeated deliveries and {dropped} lost replies done twice"
    yield none_of("doubled under faults", len(found.doubled), found.calls, naive)
    yield none_of(
        "sent without a decision",
        len(found.undecided),
        found.sent,
        f"{found.injected['too late (deciders)']} decisions came second and released nothing",
    )
