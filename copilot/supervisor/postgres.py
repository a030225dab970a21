"""The embedded PostgreSQL: where it lives, who it runs as, its roles and databases.

PostgreSQL refuses to run as root. As an ordinary user there is nothing to do. As root we first
try a user namespace in which our uid has another number: files stay ours, so it works inside a
folder that nobody else may enter. Where the kernel refuses that, the programs and the data move
to a folder that the account `nobody` can reach. The price is a copy of 38 MB.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from copilot.supervisor import binaries, kernel
from copilot.supervisor.processes import STORES, Spec, StartFailed

ROLES_SQL = Path(__file__).with_name("roles.sql")
DATABASE = "copilot"
# A unix socket's path has 107 bytes; Postgres appends "/.s.PGSQL.5432" (and ".lock").
LONGEST_SOCKET_FOLDER = 85
RUN_AS_VARIABLE = "POSTGRES_RUN_AS"
ELSEWHERE = "postgres-elsewhere"


@dataclass(frozen=True)
class Cluster:
    """One data directory and how its server is run."""

    bin: Path
    data: Path
    sockets: Path
    account: tuple[int, int] | None = None
    namespace: tuple[int, int] | None = None

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='')}"

    def spec(self, log: Path | None, settings: Mapping[str, str] | None = None) -> Spec:
        wanted = {"listen_addresses": "", "max_connections": "200", "shared_buffers": "128MB"}
        options = [f"-c{key}={value}" for key, value in (wanted | dict(settings or {})).items()]
        argv: list[str | Path] = [
            self.bin / "postgres",
            "-D",
            self.data,
            "-k",
            self.sockets,
            *options,
        ]
        # SIGINT is Postgres's fast shutdown; SIGTERM would wait for every client to leave.
        return Spec(
            "postgres",
            argv,
            env=_plain_environment(),
            log=log,
            cwd=self.data,
            stop_signal=signal.SIGINT,
            stage=STORES,
            account=self.account,
            namespace=self.namespace,
        )

    def ready(self) -> bool:
        argv: list[str | Path] = [
            self.bin / "pg_isready",
            "-q",
            "-U",
            "postgres",
            "-h",
            self.sockets,
        ]
        return subprocess.run(argv, env=_plain_environment(), check=False).returncode == 0  # noqa: S603

    def initialise(self) -> bool:
        """Make the data directory unless it is there; True when it was made now."""
        if (self.data / "PG_VERSION").exists():
            return False
        argv: list[str | Path] = [self.bin / "initdb", "-D", self.data, "-U", "postgres"]
        # C.UTF-8 is built in and the same everywhere. Trust is safe here: there is no TCP
        # port, and the socket's folder lets nobody else in.
        argv += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        identity: dict[str, object] = {}
        if self.account:
            identity = {"user": self.account[0], "group": self.account[1], "extra_groups": []}
        done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603
            argv,
            env=_plain_environment(),
            cwd=self.data.parent,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=kernel.before_exec(signal.SIGKILL, self.namespace),
            **identity,
        )
        if done.returncode != 0:
            raise StartFailed(f"initdb failed:\n{done.stdout}{done.stderr}")
        return True

    def psql(self, database: str, *arguments: str | Path) -> str:
        argv: list[str | Path] = [
            self.bin / "psql",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        argv += ["-U", "postgres", "-h", self.sockets, "-d", database, *arguments]
        env = _plain_environment() | {"PGOPTIONS": "-c client_min_messages=warning"}
        done = subprocess.run(  # noqa: S603
            argv, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise StartFailed(f"psql failed:\n{done.stderr.strip()}")
        return done.stdout

    def provide(self, database: str = DATABASE) -> None:
        """The roles, the database and its vector extension; safe to run at every start."""
        known = self.psql("postgres", "-c", "SELECT datname FROM pg_database").split()
        if database not in known:
            self.psql("postgres", "-c", f'CREATE DATABASE "{database}"')
        self.psql(database, "-f", ROLES_SQL)
        self.psql("postgres", "-c", f'ALTER DATABASE "{database}" OWNER TO copilot_owner')

    def wait_for_predecessor(self, seconds: float = 15.0) -> None:
        """A supervisor that was killed leaves its Postgres a moment to shut down in."""
        deadline = time.monotonic() + seconds
        while self._predecessor_runs():
            if time.monotonic() > deadline:
                raise StartFailed(f"Another PostgreSQL still uses {self.data}. Stop it first.")
            time.sleep(0.1)

    def _predecessor_runs(self) -> bool:
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, ValueError, IndexError):
            return False
        return name == "postgres" and state != "Z"


def open_cluster(folder: Path) -> Cluster:
    """The cluster of this folder, with a way to run it that this machine allows."""
    programs = binaries.postgres_bin()
    wish = os.environ.get(RUN_AS_VARIABLE, "")
    if os.geteuid() != 0:
        return _ours(programs, folder, None)
    account = kernel.harmless_account()
    if account is None:
        raise StartFailed("Running as root, and there is no other account to run PostgreSQL as.")
    moved = folder / ELSEWHERE
    if wish != "nobody" and not moved.exists() and kernel.namespace_works(*account):
        return _ours(programs, folder, account)
    return _elsewhere(programs, folder, account)


def _ours(programs: Path, folder: Path, namespace: tuple[int, int] | None) -> Cluster:
    return Cluster(programs, folder / "postgres", socket_folder(folder), namespace=namespace)


def _elsewhere(programs: Path, folder: Path, account: tuple[int, int]) -> Cluster:
    """Data and programs where `account` can reach them; the folder's note remembers the place."""
    base = Path("/var/tmp") / f"front-desk-copilot-{_fingerprint(folder)}"  # noqa: S108
    _own_directory(base, (os.geteuid(), os.getegid()), 0o755)
    (folder / ELSEWHERE).write_text(f"{base}\n")
    for name in ("home", "sockets"):
        _own_directory(base / name, account, 0o700)
    reachable = _copy_of_wheel(programs, base / "programs")
    return Cluster(reachable, base / "home" / "data", base / "sockets", account=account)


def _copy_of_wheel(programs: Path, target: Path) -> Path:
    """The programs find their libraries three folders up, so the wheel's layout is kept.
    Programs of this machine itself can be reached by everybody and are used where they are."""
    install = programs.parent
    package = install.parent
    libraries = package.with_name(f"{package.name}.libs")
    if not libraries.is_dir():
        return programs
    copy = target / package.name / install.name
    if not (copy / "bin" / "postgres").exists():
        shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True)
        shutil.copytree(install, copy, symlinks=True, dirs_exist_ok=True)
    return copy / "bin"


def remove_elsewhere(folder: Path) -> None:
    """Delete what `_elsewhere` put outside of this folder, if it ever did."""
    note = folder / ELSEWHERE
    if note.exists():
        shutil.rmtree(note.read_text().strip(), ignore_errors=True)
        note.unlink()


def _own_directory(path: Path, owner: tuple[int, int], mode: int) -> None:
    path.mkdir(exist_ok=True)
    if path.is_symlink():
        raise StartFailed(f"{path} is a symbolic link; remove it.")
    os.chown(path, *owner)
    path.chmod(mode)


def socket_folder(folder: Path) -> Path:
    """Inside our folder when its path is short enough, else a private one under /tmp."""
    wanted = folder / "run"
    if len(os.fsencode(wanted)) > LONGEST_SOCKET_FOLDER:
        name = f"fdc-{os.geteuid()}-{_fingerprint(folder)}"
        wanted = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(wanted)) > LONGEST_SOCKET_FOLDER:
        wanted = Path("/tmp") / wanted.name  # noqa: S108
    wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = wanted.lstat()
    # Somebody else could have made the folder under /tmp first, to offer us their server.
    if found.st_uid != os.geteuid() or wanted.is_symlink():
        raise StartFailed(f"{wanted} belongs to another user; remove it or set DEMO_DIR.")
    wanted.chmod(0o700)
    return wanted


def _fingerprint(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]


def _plain_environment() -> dict[str, str]:
    """Without PG* variables of the caller, which would redirect the client programs."""
    kept: Sequence[str] = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C.UTF-8"}
