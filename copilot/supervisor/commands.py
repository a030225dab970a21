"""The command lines of the product's own processes, shared by the demo and the tests."""

from __future__ import annotations

from pathlib import Path

from copilot.supervisor.processes import Child

WORKERS = {
    # Drafting waits for models. In a process of its own it can never hold up a sending.
    "worker-fast": ("inbox,effects", 4),
    # What nobody looks at while it is done. Beside bookings it took a quarter of their time.
    "worker-routine": ("routine", 3),
    # Its threads only hear the doorbell: drafts have lanes of their own (agents/lanes.py).
    "worker-drafts": ("drafts", 4),
}
# Behind what somebody waits for, never at a standstill: a third of a contended core.
GENTLY = {"worker-routine": ("nice", "-n", "5")}
# What workers tell each other about themselves: nobody here listens (core/heartbeat.py is ours).
QUIETLY = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def granian(python: Path, interface: str, target: str, port: int, *, threads: int = 8) -> list[str]:
    """One worker process on the loopback address. Without the kill timeout a server with an
    open stream never ends."""
    argv = [str(python), "-m", "granian", "--interface", interface, "--host", "127.0.0.1"]
    argv += ["--port", str(port), "--workers", "1", "--workers-kill-timeout", "3"]
    argv += ["--no-ws", "--respawn-failed-workers"]
    if interface == "wsgi":
        argv += ["--blocking-threads", str(threads)]
    return [*argv, target]


def worker(python: Path, name: str, queues: str, *, threads: int) -> list[str]:
    """A Celery worker. The work is waiting (database, platform, model), so threads serve it
    at a third of prefork's memory."""
    argv = [*GENTLY.get(name, ()), str(python), "-m", "celery", "-A", "copilot.worker", "worker"]
    argv += ["--queues", queues]
    argv += ["--hostname", f"{name}@%h", "--pool", "threads", "--concurrency", str(threads)]
    return [*argv, "--loglevel", "INFO", *QUIETLY]


def worker_ready(child: Child) -> bool:
    """Celery says so in its log, at level INFO, once it consumes."""
    return " ready." in child.tail(400)


def beat(python: Path, schedule: Path) -> list[str]:
    argv = [str(python), "-m", "celery", "-A", "copilot.celery", "beat", "--loglevel", "WARNING"]
    # Its pid file would refuse a start after a crash; the supervisor knows its children.
    return [*argv, "--schedule", str(schedule), "--pidfile", ""]


def manage(python: Path, root: Path, *arguments: str) -> list[str]:
    return [str(python), str(root / "manage.py"), *arguments]
