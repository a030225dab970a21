"""Ports on the loopback address: is one free, and which one did we use last time."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST = 10_000
LENT = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    with socket.socket() as line:
        # Without it a port in TIME_WAIT, as after every restart, would look taken.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """A free port that the kernel lends to nobody's outgoing connection meanwhile.

    Out of its own range another program could get it while the server that is to listen there is
    still starting, or being started again; and whoever tries to reach it could reach themselves.
    """
    for _ in range(100):
        port = secrets.choice(range(LOWEST, _lent_from()))
        if is_free(port):
            return port
    with socket.socket() as line:
        line.bind((LOOPBACK, 0))
        return int(line.getsockname()[1])


def _lent_from() -> int:
    try:
        return max(int(LENT.read_text().split()[0]), LOWEST + 1)
    except (OSError, ValueError, IndexError):
        return 32_768


def answers(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def remembered(note: Path) -> int:
    """The port written in `note` while it is free, else a new one, written there."""
    text = note.read_text().strip() if note.exists() else ""
    if text.isdigit() and is_free(int(text)):
        return int(text)
    port = any_free()
    note.write_text(f"{port}\n")
    return port
