"""A small real SMTP server (RFC 5321) that can greylist, refuse, and vanish at every step."""

from __future__ import annotations

import asyncio
import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

USER, PASSWORD = "desk@salon.example", "smtp-password-canary"


@dataclass
class Envelope:
    sender: str
    recipients: list[str]
    data: bytes

    @property
    def mail(self) -> EmailMessage:
        found = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def text(self, kind: str = "plain") -> str:
        """The text of a part; on the wire its lines end with CR LF."""
        part = self.mail.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


@dataclass
class SmtpServer:
    """``answers`` replaces the answer to a command; ``drop`` names the step at which to vanish."""

    answers: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    context: ssl.SSLContext | None = None
    taken: list[Envelope] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def running(self) -> Iterator[SmtpServer]:
        started, loop = threading.Event(), asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._session, "127.0.0.1", 0, limit=2**24)
            self.port = server.sockets[0].getsockname()[1]
            started.set()
            await stop.wait()
            server.close()

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
        thread.start()
        assert started.wait(60)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(60)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()


@dataclass
class Session:
    server: SmtpServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    secure: bool = False
    sender: str = ""
    recipients: list[str] = field(default_factory=list)

    async def run(self) -> None:
        if not await self.say("CONNECT", "220 mail.salon.example ESMTP"):
            return
        while line := (await self.reader.readline()).decode("utf-8", "replace").strip():
            verb = line.split(" ")[0].upper()
            self.server.commands.append(line)
            if not await self.answer(verb, line):
                return

    async def say(self, step: str, usual: str) -> bool:
        """False when the server vanishes here instead of answering."""
        if self.server.drop == step:
            return False
        self.writer.write((self.server.answers.get(step, usual) + "\r\n").encode())
        await self.writer.drain()
        return True

    def refused(self, step: str) -> bool:
        return self.server.answers.get(step, "2")[0] not in "23"

    async def answer(self, verb: str, line: str) -> bool:
        if verb in {"EHLO", "HELO"}:
            more = "" if self.secure or not self.server.context else "250-STARTTLS\r\n"
            return await self.say(verb, f"250-salon\r\n{more}250-AUTH PLAIN\r\n250 8BITMIME")
        if verb == "STARTTLS" and self.server.context:
            return await self._start_tls()
        if verb == "AUTH":
            return await self._sign_in(line)
        if verb == "MAIL":
            self.sender, self.recipients = address_in(line), []
        if verb == "RCPT" and not self.refused("RCPT"):
            self.recipients.append(address_in(line))
        if verb == "DATA":
            return await self._data()
        if verb == "QUIT":
            await self.say("QUIT", "221 bye")
            return False
        return await self.say(verb, "250 ok")

    async def _start_tls(self) -> bool:
        await self.say("STARTTLS", "220 go ahead")
        await self.writer.start_tls(self.server.context)  # type: ignore[arg-type]
        self.secure = True
        return True

    async def _sign_in(self, line: str) -> bool:
        given = base64.b64decode(line.split(" ")[2]).decode().split("\0")[1:]
        usual = "235 welcome" if given == [USER, PASSWORD] else "535 5.7.8 bad credentials"
        self.server.signed_in += given[:1]
        return await self.say("AUTH", usual)

    async def _data(self) -> bool:
        if not await self.say("DATA", "354 go on"):
            return False
        if self.refused("DATA"):
            return True
        raw = await self.reader.readuntil(b"\r\n.\r\n")
        data = raw[:-3].replace(b"\r\n..", b"\r\n.")
        if not self.refused("TEXT"):
            self.server.taken.append(Envelope(self.sender, self.recipients, data))
        return await self.say("TEXT", "250 2.0.0 taken")


def address_in(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
