"""Ports on the loopback address: is one free, and which one did we use last time."""

from __future__ import annotations

import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


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
    with socket.socket() as line:
        line.bind((LOOPBACK, 0))
        return int(line.getsockname()[1])


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
