"""Ask: how soon the first word is there, how long a free time takes, and who is told nothing.

The model is a stub over real HTTP that begins to answer after a known time, so what lies above that
is ours: the question by the web process, Redis, a worker, the stream, to a client that listens.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from benchmarks.figures import Figure, at_most, none_of, percentile
from benchmarks.stack import Stack, stack

QUESTIONS = 40
MODEL_SECONDS = 0.2
STAFF, WEEKS, WISHES = 12, 4, 120
CLIENTS = 400
WISH_TEXTS = (
    "90 minutes with Person 3 or Person 7, Thursday after four",
    "a massage next week in the morning",
    "60 minutes, anybody, any day",
    "facial on tuesdays between 2 and 5",
    "una hora y media el viernes por la tarde",
    "free in the next two hours",
    "next month with Person 1",
)


def run() -> Iterator[Figure]:
    with stack() as made:
        salon = _salon()
        yield _free_times(salon)
        yield _rights(salon)
        yield _first_word(made, salon)


# ---- the salon ----


def _salon() -> dict[str, Any]:
    """Two locations, twelve people over four weeks, about seventy in a hundred hours booked."""
    from integrations.models import Connection, Location, Service, StaffMember, User
    from integrations.roles import role_group

    account = Connection.objects.create(name="Maple", platform="mangomint", status="ok")
    hours = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    rooms = [{"id": f"room {n}", "kind": "room"} for n in range(10)]
    places = [
        Location.objects.create(
            connection=account, external_id=name, name=name, timezone="America/Los_Angeles",
            opening_hours=hours, resources=rooms,
        )
        for name in ("Maple Street", "Harbor")
    ]  # fmt: skip
    offered = (("Hot stone massage", 90, "massage", "room"), ("Rose facial", 60, "skin", ""))
    services = [
        Service.objects.create(
            connection=account, external_id=name, name=name, minutes=minutes, skill=skill,
            resource_kind=kind,
        )
        for name, minutes, skill, kind in offered
    ]  # fmt: skip
    staff = [
        StaffMember.objects.create(
            connection=account, external_id=f"stf_{n}", name=f"Person {n}",
            skills=["massage", "skin"],
        )
        for n in range(STAFF)
    ]  # fmt: skip
    people = {}
    for role in ("owner", "manager", "front_desk", "provider"):
        user = User.objects.create_user(f"{role}@example.com", name=role)
        user.groups.add(role_group(places[0], role))
        people[role] = user
    StaffMember.objects.filter(pk=staff[0].pk).update(user=people["provider"])
    _calendar(account, places, services, staff)
    return {"account": account, "places": places, "people": people, "staff": staff}


def _calendar(account: Any, places: Any, services: Any, staff: Any) -> None:
    from core import clock
    from integrations.models import Appointment, Client, Shift

    clients = [
        Client.objects.create(
            connection=account, external_id=f"cli_{n}", first_name=f"First{n}",
            last_name=f"Last{n}",
            search_key=f"first{n} last{n}", phone=f"+1503555{n:04d}", phone_last4=f"{n:04d}",
        )
        for n in range(CLIENTS)
    ]  # fmt: skip
    begins = clock.now().astimezone(UTC).replace(hour=16, minute=0, second=0, microsecond=0)
    shifts, visits = [], []
    for day in range(WEEKS * 7 + 7):
        for number, one in enumerate(staff):
            place = places[0] if number < STAFF else places[1]
            at = begins + timedelta(days=day)
            shifts.append(Shift(
                connection=account, external_id=f"shf_{day}_{number}", staff=one, location=place,
                starts_at=at, ends_at=at + timedelta(hours=9)))  # fmt: skip
            for slot in range(6):
                if (day * 7 + number * 3 + slot) % 10 < 7:
                    visits.append(_visit(account, places, services, one, clients, at, day, slot,
                                         number))  # fmt: skip
    Shift.objects.bulk_create(shifts)
    Appointment.objects.bulk_create(visits)


def _visit(
    account: Any, places: Any, services: Any, staff: Any, clients: Any, at: datetime, day: int,
    slot: int, number: int,
) -> Any:  # fmt: skip
    """Every tenth client comes to the other location only, with the same people."""
    from integrations.models import Appointment

    client = clients[(day * 31 + number * 17 + slot * 7) % len(clients)]
    elsewhere = int(client.external_id[4:]) % 10 == 0
    starts = at + timedelta(minutes=90 * slot)
    service = services[slot % 2]
    return Appointment(
        connection=account, external_id=f"apt_{day}_{number}_{slot}", client=client,
        location=places[1] if elsewhere else places[0], service=service, staff=staff,
        service_name=service.name, starts_at=starts,
        ends_at=starts + timedelta(minutes=service.minutes), resource_id=f"room {number % 10}",
    )  # fmt: skip


# ---- figures ----


def _asker(user: Any, place: Any) -> Any:
    from copilot.ask.asker import asker_now

    return asker_now(user.pk, place.pk)


def _free_times(salon: dict[str, Any]) -> Figure:
    from copilot.ask.tools.base import Use, tool_use

    user, place = salon["people"]["front_desk"], salon["places"][0]
    took, starts = [], 0
    for n in range(WISHES):
        wish = {"wish": WISH_TEXTS[n % len(WISH_TEXTS)]}
        before = time.perf_counter()
        found = tool_use(_asker(user, place), Use(), "free_times", wish)
        took.append((time.perf_counter() - before) * 1000)
        starts += found.blocks[0]["count"]
    return at_most(
        f"free times of {STAFF} people over up to {WEEKS} weeks p95",
        percentile(took, 95),
        150,
        f"median {percentile(took, 50):.0f} ms, {starts // WISHES} starts found on average, "
        f"{len(WISH_TEXTS)} wishes, n={WISHES}",
        " ms",
    )


ARGUMENTS: dict[str, dict[str, Any]] = {
    "find_client": {"name": ""},
    "client_record": {"client": "CLIENT_A"},
    "appointments": {"when": "this week", "client": "CLIENT_A"},
    "waitlist": {"service": ""},
    "free_times": {"wish": "90 minutes this week"},
    "prices": {"what": "hot stone massage"},
    "stock": {"what": "serum"},
    "material": {"question": "dogs"},
    "working": {"when": "today"},
}


def _rights(salon: dict[str, Any]) -> Figure:
    """Every tool, for every role, about clients of another location and of other providers."""
    from copilot.ask.tools import tools
    from integrations.models import Client

    leaks, tried = 0, 0
    if set(ARGUMENTS) != {one.name for one in tools}:
        raise RuntimeError("A look-up is not tried: give it arguments above.")
    elsewhere = _only_at(salon["places"][1])
    others = _never_with(salon["staff"][0])
    for role, user in salon["people"].items():
        strangers = [*elsewhere, *(others if role == "provider" else [])]
        for tool in ARGUMENTS:
            for client in Client.objects.filter(pk__in=strangers).order_by("pk"):
                tried += 1
                leaks += _tells(salon, user, tool, client)
    return none_of(
        "look-ups that told of a client who is not the asker's",
        leaks,
        tried,
        f"{len(ARGUMENTS)} tools, {len(salon['people'])} roles, {len(elsewhere)} clients of "
        f"another location, {len(others)} of other providers",
    )


def _only_at(place: Any) -> list[int]:
    from integrations.models import Appointment, Client

    here = Appointment.objects.filter(location=place).values("client")
    away = Appointment.objects.exclude(location=place).values("client")
    rows = Client.objects.filter(pk__in=here).exclude(pk__in=away)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:12])


def _never_with(staff: Any) -> list[int]:
    from integrations.models import Appointment, Client

    own = Appointment.objects.filter(staff=staff).values("client")
    rows = Client.objects.filter(pk__in=Appointment.objects.values("client")).exclude(pk__in=own)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:12])


def _tells(salon: dict[str, Any], user: Any, tool: str, client: Any) -> int:
    from copilot.ask.asker import MayNot
    from copilot.ask.tools.base import Use, tool_use
    from copilot.ask.veil import Veil

    said = ARGUMENTS[tool] | ({"name": client.last_name} if tool == "find_client" else {})
    try:
        asker = _asker(user, salon["places"][0])
        found = tool_use(asker, Use(Veil({"CLIENT_A": client.pk})), tool, said)
    except MayNot:
        return 0
    words = f"{found.told} {json.dumps(found.blocks, default=str)}"
    named = f"{client.first_name} " in words or f"{client.last_name} " in words
    return int(named or client.pk in found.clients)


# ---- the first word ----


class _Model(BaseHTTPRequestHandler):
    """Begins to answer after MODEL_SECONDS; says when it did."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    began: dict[str, float] = {}

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        number = str(asked["messages"][-1]["content"]).rsplit(" ", 1)[-1]
        time.sleep(MODEL_SECONDS)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.began[number] = time.monotonic()
        for word in ("Small ", "dogs ", "are ", "welcome."):
            piece = json.dumps({"choices": [{"index": 0, "delta": {"content": word}}]})
            self._chunk(f"data: {piece}\n\n")
            time.sleep(0.02)
        self._chunk("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        body = text.encode()
        self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def _first_word(made: Stack, salon: dict[str, Any]) -> Figure:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    env = {
        "OPENAI_API_KEY": "sk-for-benchmarks",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "OUTBOUND_ALLOW": f"127.0.0.1:{port}",
    }
    made.env.update(env)
    try:
        made.web()
        made.stream()
        made.workers()
        took = _asked_over_http(made, salon)
    finally:
        server.shutdown()
    ours = [(whole - MODEL_SECONDS) * 1000 for whole in took]
    return at_most(
        "first word at the client beyond the model's own time p95",
        percentile(ours, 95),
        300,
        f"median {percentile(ours, 50):.0f} ms; the model begins after "
        f"{MODEL_SECONDS * 1000:.0f} ms; question over HTTP to the piece on the stream, "
        f"n={len(ours)}",
        " ms",
    )


def _asked_over_http(made: Stack, salon: dict[str, Any]) -> list[float]:
    from django.conf import settings
    from django.test import Client as Visitor

    from copilot.listening import token_make

    user, place = salon["people"]["front_desk"], salon["places"][0]
    visitor = Visitor()
    visitor.force_login(user)
    cookie = visitor.cookies[settings.SESSION_COOKIE_NAME].value
    stream = socket.create_connection(("127.0.0.1", made.ports["stream"]), timeout=10)
    token = token_make(user.pk, [place.pk])
    stream.sendall(f"GET /stream?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    heard = _Heard(stream)
    heard.until("event: ready")
    took, line = [], httpx.Client()
    for number in range(QUESTIONS):
        question = f"May dogs come along, case {number}"
        before = time.monotonic()
        _post(line, made, cookie, {"question": question, "at": str(place.pk)})
        heard.until('"n": 1,')
        took.append(time.monotonic() - before)
        heard.until('"over": true')
    stream.close()
    line.close()
    # The first question pays for what a worker imports once.
    return took[1:]


class _Heard:
    def __init__(self, stream: socket.socket) -> None:
        self.stream, self.text = stream, ""

    def until(self, words: str) -> None:
        while words not in self.text:
            part = self.stream.recv(65536)
            if not part:
                raise RuntimeError("the stream ended")
            self.text += part.decode()
        self.text = self.text.split(words, 1)[1]


def _post(line: httpx.Client, made: Stack, cookie: str, fields: dict[str, str]) -> None:
    """By a line that is kept, as a browser keeps its own."""
    from django.conf import settings

    token = "a" * 32
    answer = line.post(
        f"{made.url('web')}/ask/",
        data=fields | {"csrfmiddlewaretoken": token},
        cookies={settings.SESSION_COOKIE_NAME: cookie, settings.CSRF_COOKIE_NAME: token},
        headers={"Referer": made.url("web"), "Origin": made.url("web")},
    )
    if answer.status_code != 302:
        raise RuntimeError(f"the question was answered with {answer.status_code}")
