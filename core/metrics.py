"""Figures for Prometheus, read from Postgres and Redis: every web process tells the same."""

from collections.abc import Iterator

from django.db import DatabaseError
from django.db import connection as database
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.counters import counts
from core.health import all_queues
from core.work import WorkRow

# The complete count would join every audit row with its seal; what the sealer can still have in
# front of it lies behind the newest seal.
UNSEALED = """
    SELECT count(*) FROM core_auditevent e
    WHERE e.id > coalesce((SELECT max(event_id) FROM core_auditseal), 0)"""


class Figures(Collector):
    """Names, connections' ids and numbers only; never client data: the page is public."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("copilot_database_up", "1 when the database answers.")
        try:
            figures = [*_queues(), _unsealed()]
            up.add_metric([], 1)
        except DatabaseError:
            figures = []
            up.add_metric([], 0)
            database.close()
        yield up
        yield from figures
        yield _counted()


def metrics_text() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return generate_latest(registry)


def _queues() -> list[Metric]:
    rows = GaugeMetricFamily(
        "copilot_work_rows", "Rows that are not done.", labels=["queue", "state"]
    )
    oldest = GaugeMetricFamily(
        "copilot_work_oldest_due_seconds", "How long the oldest due row waits.", labels=["queue"]
    )
    for queue in all_queues():
        manager = queue.model._default_manager
        for state in (WorkRow.State.WAITING, WorkRow.State.LEASED, WorkRow.State.DEAD):
            rows.add_metric([queue.task, state.value], manager.filter(state=state).count())
        oldest.add_metric([queue.task], queue.oldest_due().total_seconds())
    return [rows, oldest]


def _unsealed() -> Metric:
    with database.cursor() as cursor:
        cursor.execute(UNSEALED)
        waiting = cursor.fetchone()[0]
    return GaugeMetricFamily("copilot_audit_unsealed", "Audit rows not sealed yet.", value=waiting)


def _counted() -> Metric:
    counted = CounterMetricFamily(
        "copilot_counted", "Named occurrences since Redis started.", labels=["name", "connection"]
    )
    for (name, connection), value in counts().items():
        counted.add_metric([name, connection], value)
    return counted
