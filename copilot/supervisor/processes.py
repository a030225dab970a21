"""Children: how they start, how they are watched, how they stop.

Every child leads its own session, so Ctrl-C reaches the supervisor alone and it can stop the
rest in order. Every child carries a death signal, so nothing survives a supervisor that was
killed. Start children from the main thread only: the kernel sends the death signal when the
*thread* that forked ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from copilot.supervisor import kernel

POLL_SECONDS = 0.05
STEADY_AFTER_SECONDS = 30.0
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 10.0
TAIL_LINES = 25
STORES, SALON, PRODUCT = range(3)


class StartFailed(Exception):
    """Something did not come up. The message is what the person at the terminal reads."""


class Stopped(Exception):
    """A stop was asked for while something was still starting."""


@dataclass(frozen=True)
class Spec:
    """One child. `account` runs it as that (uid, gid); `namespace` only makes it believe so.
    Children of a later stage stop before those of an earlier one, which they use."""

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    stage: int = PRODUCT
    account: tuple[int, int] | None = None
    namespace: tuple[int, int] | None = None


class Child:
    """A running (or dead) process of one Spec."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.backoff = FIRST_BACKOFF_SECONDS
        self.restart_at = 0.0

    def start(self) -> Child:
        spec = self.spec
        options: dict[str, object] = {}
        if spec.account is not None:
            options = {"user": spec.account[0], "group": spec.account[1], "extra_groups": []}
        log = spec.log.open("ab") if spec.log else None
        try:
            self.process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603
                [str(part) for part in spec.argv],
                env=dict(spec.env),
                cwd=spec.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log or subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=kernel.before_exec(spec.stop_signal, spec.namespace),
                **options,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise StartFailed(f"{spec.name} could not be started: {error}") from error
        finally:
            if log:
                log.close()
        self.started_at = time.monotonic()
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.spec.name} was never started"  # noqa: S101
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def tail(self, lines: int = TAIL_LINES) -> str:
        if self.spec.log is None or not self.spec.log.exists():
            return ""
        text = self.spec.log.read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, self.spec.stop_signal)

    def wait(self, seconds: float) -> bool:
        """True when it ended by itself in time."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill_group(self) -> None:
        """End whatever is left of its session: pool children outlive a killed parent."""
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait(self.spec.stop_seconds)
        self.kill_group()


class Family:
    """The children in the order they were started; they stop in the reverse order."""

    def __init__(
        self, stopping: Event, say: Callable[[str], None], interrupted: Callable[[], bool]
    ) -> None:
        self.children: list[Child] = []
        self.stopping = stopping
        self.say = say
        self.interrupted = interrupted

    def add(self, spec: Spec) -> Child:
        child = Child(spec)
        self.children.append(child)
        return child.start()

    def wait_ready(self, child: Child, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if self._must_stop():
                raise Stopped
            if not child.alive:
                raise StartFailed(f"{child.spec.name} ended while starting.\n{self.excerpt(child)}")
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{child.spec.name} was not ready after {seconds:.0f} s.\n{self.excerpt(child)}"
                )
            self.stopping.wait(POLL_SECONDS)

    def run_to_end(self, spec: Spec, seconds: float) -> None:
        """A one-shot child. A non-zero exit is a StartFailed with its last lines."""
        child = Child(spec).start()
        deadline = time.monotonic() + seconds
        try:
            while not child.wait(POLL_SECONDS):
                if self._must_stop():
                    raise Stopped
                if time.monotonic() > deadline:
                    raise StartFailed(f"{spec.name} took longer than {seconds:.0f} s.")
        finally:
            child.kill_group()
        if child.exit_code != 0:
            raise StartFailed(f"{spec.name} failed.\n{self.excerpt(child)}")

    def excerpt(self, child: Child) -> str:
        text = child.tail()
        where = f" (all of it is in {child.spec.log})" if child.spec.log else ""
        return f"Its last lines{where}:\n{text}" if text else f"It wrote nothing{where}."

    def watch(self) -> None:
        """Until a stop is asked for: start again what died, waiting longer each time."""
        while not self._must_stop():
            self.stopping.wait(0.2)
            for child in self.children:
                self._mend(child)

    def _must_stop(self) -> bool:
        if self.interrupted():
            self.stopping.set()
        return self.stopping.is_set()

    def _mend(self, child: Child) -> None:
        now = time.monotonic()
        if child.alive:
            if now - child.started_at > STEADY_AFTER_SECONDS:
                child.backoff = FIRST_BACKOFF_SECONDS
            return
        if child.restart_at == 0.0:
            child.kill_group()
            child.restart_at = now + child.backoff
            self.say(
                f"{child.spec.name} ended (exit {child.exit_code}); "
                f"starting it again in {child.backoff:.1f} s. {self.excerpt(child)}"
            )
        elif now >= child.restart_at:
            child.restart_at = 0.0
            child.backoff = min(child.backoff * 2, LONGEST_BACKOFF_SECONDS)
            child.start()

    def stop_all(self, hurry: Event) -> None:
        """Stage by stage: the stores go down only when nobody uses them any more. Within a
        stage nobody has to wait for anybody, so all are asked at once."""
        for stage in (PRODUCT, SALON, STORES):
            group = [child for child in self.children if child.spec.stage == stage]
            for child in group:
                child.ask_to_stop()
            for child in group:
                _wait_or_hurry(child, hurry)
                child.kill_group()


def _wait_or_hurry(child: Child, hurry: Event) -> None:
    deadline = time.monotonic() + child.spec.stop_seconds
    while time.monotonic() < deadline and not hurry.is_set():
        if child.wait(POLL_SECONDS):
            return


def rotate_logs(folder: Path, names: Iterable[str]) -> None:
    """The previous run's log stays beside the new one as `<name>.log.1`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        current = folder / f"{name}.log"
        if current.exists():
            shutil.move(current, folder / f"{name}.log.1")
