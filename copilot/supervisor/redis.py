"""The embedded Redis: loopback only, with a password, nothing on disk.

Redis carries doorbells and hints; everything that must survive is in PostgreSQL. A TCP port
rather than a socket, because Celery and redis-py spell socket addresses differently.
"""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from copilot.supervisor import binaries, ports
from copilot.supervisor.processes import STORES, Spec


@dataclass(frozen=True)
class Server:
    """One Redis; `folder` keeps its port and password between starts."""

    program: Path
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def spec(self, log: Path | None) -> Spec:
        # In a file and not as arguments: the list of processes is public.
        config = self.folder / "redis.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir "{self.folder}"\nsave ""\nappendonly no\ndaemonize no\n'
        )
        return Spec("redis", [self.program, config], env=dict(os.environ), log=log, stage=STORES)

    def ready(self) -> bool:
        question = f"AUTH {self.password}\r\nPING\r\n".encode()
        answer = b""
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as line,
        ):
            line.sendall(question)
            while answer.count(b"\r\n") < 2 and (part := line.recv(64)):
                answer += part
        return b"+PONG" in answer


def open_server(folder: Path) -> Server:
    """The server of this folder: the same port and password as last time where possible."""
    port = ports.remembered(folder / "redis.port")
    password = read_or_make(folder / "redis.password", secrets.token_hex(24))
    return Server(binaries.redis_server(), folder, port, password)


def read_or_make(path: Path, fresh: str) -> str:
    """A secret that is made once and kept for its owner only."""
    if path.exists():
        return path.read_text().strip()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(fresh + "\n")
    return fresh
