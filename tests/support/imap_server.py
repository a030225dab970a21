"""A small IMAP4rev1 server: real protocol lines, literals and all, over a socket."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

USER, PASSWORD = "desk@salon.example", "imap-password-canary"


@dataclass
class ImapServer:
    """``mails`` by UID. ``drop_at``: the n-th body asked for is cut off in the middle."""

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    says_next: bool = True
    folder: str = "INBOX"
    drop_at: int = 0
    bodies: int = 0
    commands: list[str] = field(default_factory=list)
    port: int = 0

    def add(self, mail: bytes) -> int:
        uid = max(self.mails, default=100) + 1
        self.mails[uid] = mail
        return uid

    @contextmanager
    def running(self) -> Iterator[ImapServer]:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.imap = self  # type: ignore[attr-defined]
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


class Handler(socketserver.StreamRequestHandler):
    imap: ImapServer

    def handle(self) -> None:
        self.imap = self.server.imap  # type: ignore[attr-defined]
        self.say(b"* OK ready")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            tag, _, command = line.partition(" ")
            self.imap.commands.append(command)
            if not self.answer(tag.encode(), command):
                return

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def answer(self, tag: bytes, command: str) -> bool:
        verb = command.split(" ")[0].upper()
        done = b"OK done"
        if verb == "CAPABILITY":
            self.say(b"* CAPABILITY IMAP4rev1")
        elif verb == "LOGIN":
            done = done if f'{USER} "{PASSWORD}"' in command else b"NO [AUTHENTICATIONFAILED] no"
        elif verb == "EXAMINE":
            done = self._examine(command)
        elif command.upper().startswith("UID SEARCH"):
            found = " ".join(str(uid) for uid in self._found(command))
            self.say(f"* SEARCH {found}".rstrip().encode())
        elif command.upper().startswith("UID FETCH"):
            if not self._fetch(command):
                return False
        elif verb == "LOGOUT":
            self.say(b"* BYE")
        self.say(tag + b" " + done)
        return verb != "LOGOUT"

    def _examine(self, command: str) -> bytes:
        if f'"{self.imap.folder}"' not in command:
            return b"NO no such folder"
        self.say(f"* {len(self.imap.mails)} EXISTS".encode())
        self.say(f"* OK [UIDVALIDITY {self.imap.validity}] valid".encode())
        if self.imap.says_next:
            self.say(f"* OK [UIDNEXT {max(self.imap.mails, default=100) + 1}] next".encode())
        return b"OK [READ-ONLY] done"

    def _found(self, command: str) -> list[int]:
        uids = sorted(self.imap.mails)
        wanted = re.search(r"UID (\d+):\*$", command)
        if wanted:
            # The standard's trap: "n:*" always holds the newest, even below n.
            return [uid for uid in uids if uid >= int(wanted[1])] or uids[-1:]
        return uids[-1:] if command.endswith("UID *") else uids

    def _fetch(self, command: str) -> bool:
        found = re.match(r"UID FETCH (\d+) \((.+)\)$", command, re.I)
        mail = self.imap.mails.get(int(found[1])) if found else None
        if mail is None or found is None:
            return True
        if "SIZE" in found[2]:
            self.say(f"* 1 FETCH (UID {found[1]} RFC822.SIZE {len(mail)})".encode())
            return True
        part = re.search(r"<0\.(\d+)>", found[2])
        sent = mail[: int(part[1])] if part else mail
        self.imap.bodies += 1
        self.say(f"* 1 FETCH (UID {found[1]} BODY[] {{{len(sent)}}}".encode())
        if self.imap.bodies == self.imap.drop_at:
            self.wfile.write(sent[: len(sent) // 2])
            return False
        self.wfile.write(sent)
        self.say(b")")
        return True


def unread(server: ImapServer) -> list[Any]:
    """Commands that would have changed the mailbox."""
    return [one for one in server.commands if re.match(r"(UID )?(STORE|SELECT|EXPUNGE|COPY)", one)]
