"""Core's tasks: each calls one function."""

from celery import shared_task

from core import audit_chain, audit_verify, health
from core import sweep as sweeping


@shared_task(name="core.sweep", queue="routine", ignore_result=True)
def sweep() -> None:
    sweeping.sweep()


@shared_task(name="core.audit_seal", queue="routine", ignore_result=True)
def audit_seal() -> None:
    audit_chain.audit_seal_and_publish()


@shared_task(name="core.audit_prove", queue="routine", ignore_result=True)
def audit_prove() -> None:
    audit_verify.audit_prove()


@shared_task(name="core.heartbeat", queue="routine", ignore_result=True)
def heartbeat(queue: str) -> None:
    """Declared for ``routine``; the sweep sends one to each queue."""
    health.beat(f"worker:{queue}")
