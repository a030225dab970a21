"""Which Python `make` takes where a machine has several."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support import services

SCRIPT = services.ROOT / "copilot" / "supervisor" / "bootstrap.sh"


def python(folder: Path, name: str, microseconds: int, able: bool = True) -> Path:
    """A program that answers what a Python would: its version, its venv module, its pace."""
    program = folder / name
    program.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        f"*ensurepip*) exit {0 if able else 1} ;;\n"
        f"*process_time*) echo {microseconds} ;;\nesac\n"
    )
    program.chmod(0o755)
    return program


def picked(folder: Path, **env: str) -> str:
    for name in ("python3", "python"):
        python(folder, name, 10_000)
    path = f"{folder}:/usr/bin:/bin"
    done = subprocess.run(
        ["sh", SCRIPT, "which"],
        env={"PATH": path} | env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_python_that_is_a_tenth_quicker_is_taken_and_a_little_quicker_is_not(
    tmp_path: Path,
) -> None:
    python(tmp_path, "python3.12", 100)
    python(tmp_path, "python3.11", 95)
    assert picked(tmp_path) == "python3.12"
    python(tmp_path, "python3.11", 80)
    assert picked(tmp_path) == "python3.11"


def test_the_quickest_is_left_where_it_makes_no_virtual_environment(tmp_path: Path) -> None:
    python(tmp_path, "python3.12", 1, able=False)
    python(tmp_path, "python3.11", 100)
    assert picked(tmp_path) == "python3.11"


def test_the_python_that_somebody_names_is_taken_however_slow(tmp_path: Path) -> None:
    python(tmp_path, "python3.12", 1)
    named = python(tmp_path, "mine", 1_000_000)
    assert picked(tmp_path, PYTHON=str(named)) == str(named)
