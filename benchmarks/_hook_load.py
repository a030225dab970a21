"""Preparing and loading the webhook endpoint for the intake figures."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.figures import percentile
from benchmarks.stack import SANDBOX_SECRET, Stack

FILL = """
INSERT INTO integrations_inboundevent
    (connection_id, delivery_id, source, kind, body, body_sha256, received_at, outcome, announced,
     state, attempts, not_before, last_error)
SELECT %s, %s || n, 'webhook', 'appointment.updated', '{}', repeat('0', 64), now(), '', '[]',
       %s, 0, now(), ''
FROM generate_series(1, %s) AS n
"""


@dataclass(frozen=True)
class Target:
    hook: str
    bare: str
    connection: str


@dataclass(frozen=True)
class Rate:
    per_second: float
    p99_ms: float


def prepare(made: Stack) -> Target:
    """A connection, the comparison's table, and one server with both addresses."""
    from integrations.models import Connection

    connection = Connection.objects.create(
        name="Benchmark",
        platform="mangomint",
        status="ok",
        base_url=made.url("sandbox") + "/v1",
        token_ref="env:SANDBOX_TOKEN",
        webhook_secret_ref="env:SANDBOX_WEBHOOK_SECRET",
    )
    with psycopg.connect(made.env["MIGRATE_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, body bytea)")
    made.serve(
        "web",
        "wsgi",
        "copilot.wsgi:application",
        DJANGO_SETTINGS_MODULE="benchmarks._bare_settings",
    )
    return Target(f"/hooks/mangomint/{connection.pk}/", "/hooks/bare/", str(connection.pk))


def rate(made: Stack, path: str, seconds: float, pace: float = 0) -> Rate:
    """Load one address; every answer must be 202, or the figure would count refusals."""
    order: dict[str, Any] = {
        "port": made.ports["web"],
        "path": path,
        "seconds": seconds,
        "secret": SANDBOX_SECRET,
        "most": int((pace or 6000) * seconds) + 1,
        "pace": pace,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._sender"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=True,
    )
    result = json.loads(done.stdout)
    if set(result["statuses"]) != {"202"}:
        raise RuntimeError(f"{path} answered {result['statuses']}\n{done.stderr[-2000:]}")
    return Rate(len(result["latencies"]) / result["seconds"], percentile(result["latencies"], 99))


def fill(made: Stack, target: Target, waiting: int, done: int) -> None:
    """Rows that wait and rows that are done, as after a bad day on a busy connection."""
    with psycopg.connect(made.env["MIGRATE_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(FILL, [target.connection, "wait-", "waiting", waiting])
        owner.execute(FILL, [target.connection, "done-", "done", done])
        owner.execute("ANALYZE integrations_inboundevent")
