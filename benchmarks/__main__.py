"""``python -m benchmarks [--soak] [--only name,name]``: print figures, fail when one is short.

Each subject is a module with ``run() -> Iterator[Figure]``; ``SOAK = True`` marks the long ones
that ``make soak`` runs. Each runs in a process of its own, so that one subject's servers and
caches cannot colour the next one's figures.
"""

import argparse
import importlib
import pkgutil
import subprocess
import sys

import benchmarks
from benchmarks.figures import Unavailable

NOT_SUBJECTS = {"figures", "stack"}


def subjects() -> dict[str, bool]:
    """Subject name → whether it is a long one."""
    found = {}
    for info in pkgutil.iter_modules(benchmarks.__path__):
        if info.name.startswith("_") or info.name in NOT_SUBJECTS or info.ispkg:
            continue
        found[info.name] = bool(
            getattr(importlib.import_module(f"benchmarks.{info.name}"), "SOAK", 0)
        )
    return found


def run_here(name: str) -> int:
    """Run one subject in this process; 0 when every figure holds."""
    short = 0
    try:
        for figure in importlib.import_module(f"benchmarks.{name}").run():
            print(figure.line(), flush=True)
            short += not figure.ok
    except Unavailable as reason:
        print(f"{name}: not measured: {reason}", flush=True)
    return 1 if short else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="subjects, separated by commas")
    parser.add_argument("--soak", action="store_true", help="the long subjects instead")
    parser.add_argument("--here", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        return run_here(asked.here)
    known = subjects()
    wanted = [name for name in asked.only.split(",") if name]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        parser.error(f"no subject {', '.join(unknown)}; there is: {', '.join(sorted(known))}")
    names = wanted or [name for name, long in sorted(known.items()) if long == asked.soak]
    failed = 0
    for name in names:
        failed += (
            subprocess.run([sys.executable, "-m", "benchmarks", "--here", name]).returncode != 0
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
