"""The migrated template of an earlier run on this machine, as SQL.

Migrating an empty database costs several seconds of every run. What it ends in depends on the
files below and nothing else, so it is kept under their fingerprint beside pytest's own cache. A
missing, unreadable or half-written file only means that the run migrates.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from copilot.supervisor.postgres import ROLES_SQL, Cluster
from copilot.supervisor.processes import StartFailed

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".pytest_cache" / "templates"
KEPT = 3
# Migrations and whatever they or the receivers of post_migrate read.
INPUTS = (
    "*/migrations/*.py",
    "*/models/*.py",
    "*/models.py",
    "*/apps.py",
    "*/routers.py",
    "*/management/commands/migrate.py",
    "agents/*.py",
    "agents/definitions/*.py",
    "agents/prompts/*.md",
    "copilot/settings.py",
    "requirements-dev.lock",
    "tests/support/seeds.py",
    "tests/support/kept_template.py",
)


def load(cluster: Cluster, database: str) -> bool:
    """Fill this provided, empty database from the file that is kept; False when it could not."""
    kept = _place(cluster)
    if not kept.exists():
        return False
    try:
        cluster.psql(database, "--single-transaction", "-f", kept)
    except StartFailed:
        kept.unlink(missing_ok=True)
        return False
    with suppress(OSError):
        os.utime(kept)
    return True


def keep(cluster: Cluster, database: str) -> None:
    """Write it whole under another name first: two runs may do this at the same time."""
    if not (cluster.bin / "pg_dump").exists():
        return
    with suppress(OSError, subprocess.CalledProcessError):
        FOLDER.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=FOLDER, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            subprocess.run(_dump(cluster, database), stdout=file, check=True)
        Path(name).replace(_place(cluster))
        _tidy()


def _dump(cluster: Cluster, database: str) -> list[str | Path]:
    argv: list[str | Path] = [cluster.bin / "pg_dump", "-U", "postgres", "-h", cluster.sockets]
    return [*argv, database]


def _place(cluster: Cluster) -> Path:
    return FOLDER / f"{_fingerprint(cluster)}.sql"


def _fingerprint(cluster: Cluster) -> str:
    found = hashlib.sha256(f"{(cluster.bin / 'postgres').stat().st_size}".encode())
    for path in _inputs():
        found.update(f"{path.relative_to(ROOT)}\0".encode())
        found.update(path.read_bytes())
    found.update(ROLES_SQL.read_bytes())
    return found.hexdigest()[:32]


def _inputs() -> Iterator[Path]:
    for pattern in INPUTS:
        yield from sorted(ROOT.glob(pattern))


def _tidy() -> None:
    """Other branches keep theirs; what is left of a killed run goes in time too."""
    files = sorted(FOLDER.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in files[KEPT:]:
        old.unlink(missing_ok=True)
