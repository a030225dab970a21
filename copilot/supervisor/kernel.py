"""The three Linux calls that subprocess does not offer."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
IS_LINUX = sys.platform.startswith("linux")

# Loaded before any fork: a child between fork and exec must not take the loader's lock.
_libc = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None


def die_with_parent(death_signal: signal.Signals, parent: int) -> None:
    """Ask the kernel to signal this process when the parent's starting thread ends."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    # The parent may have died between fork and prctl; then no signal would ever come.
    if os.getppid() != parent:
        os._exit(1)


def become_in_namespace(uid: int, gid: int) -> None:
    """Enter a user namespace in which our own uid is called `uid`; files keep their owner."""
    if _libc is None:
        raise OSError("user namespaces exist on Linux only")
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER) was refused")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {outer_uid} 1")
    _write("/proc/self/gid_map", f"{gid} {outer_gid} 1")


def catches_interrupt(pid: int) -> bool:
    """Does that process still have a handler for SIGINT.

    make, when only it is interrupted and not its whole terminal, drops its handler, tells nobody
    and waits for its children for ever. Seeing the handler go is the only sign of it.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1)


def before_exec(
    death_signal: signal.Signals, namespace: tuple[int, int] | None
) -> Callable[[], None]:
    """What a child does between fork and exec. The death signal comes last: a change of
    credentials clears it."""
    parent = os.getpid()

    def prepare() -> None:
        if namespace is not None:
            become_in_namespace(*namespace)
        die_with_parent(death_signal, parent)

    return prepare


def harmless_account() -> tuple[int, int] | None:
    """uid and gid of an existing account that is not root: initdb insists on a passwd entry."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
        if not others:
            return None
        entry = others[0]
    return entry.pw_uid, entry.pw_gid


def namespace_works(uid: int, gid: int) -> bool:
    """Try it in a throwaway child: containers and hardened kernels refuse it."""
    pid = os.fork()
    if pid == 0:
        try:
            become_in_namespace(uid, gid)
            os._exit(0 if os.geteuid() == uid else 1)
        except OSError:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)
