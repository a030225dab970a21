"""A process that sends prepared webhooks over keep-alive connections and times each answer.

``python -m benchmarks._sender`` reads a JSON order on standard input and prints a JSON result.
With a pace, every request has a moment at which it should leave and its latency counts from that
moment: a server that stalls cannot hide it by slowing the sender down.
"""

import base64
import hashlib
import hmac
import json
import socket
import sys
import threading
import time
import uuid
from typing import Any

THREADS = 16


def prepared(order: dict[str, Any], n: int) -> list[bytes]:
    key = base64.b64decode(order["secret"].removeprefix("whsec_"))
    many, run, stamp = [], uuid.uuid4().hex[:12], str(int(time.time()))
    for number in range(n):
        body = json.dumps(
            {
                "event": "appointment.updated",
                "data": {
                    "id": f"apt_{number}",
                    "client_id": "cli_1",
                    "service_id": "svc_1",
                    "start_time": "2026-06-15T14:00:00Z",
                    "staff_id": "sta_1",
                },
            }
        ).encode()
        ident = f"msg_{run}_{number}"
        signed = hmac.new(key, f"{ident}.{stamp}.".encode() + body, hashlib.sha256).digest()
        head = (
            f"POST {order['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\n"
            f"webhook-id: {ident}\r\nwebhook-timestamp: {stamp}\r\n"
            f"webhook-signature: v1,{base64.b64encode(signed).decode()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        many.append(head.encode() + body)
    return many


def exchange(connection: socket.socket, request: bytes) -> int:
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        while not rest.endswith(b"0\r\n\r\n"):
            rest += connection.recv(65536)
    elif b"content-length:" in lower:
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(rest) < length:
            rest += connection.recv(65536)
    return int(head.split(b" ", 2)[1])


def send_all(order: dict[str, Any]) -> dict[str, Any]:
    many = prepared(order, order["most"])
    begin, lock, place = time.monotonic() + 0.2, threading.Lock(), iter(range(len(many)))
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    pace = order.get("pace")

    def work() -> None:
        connection = socket.create_connection(("127.0.0.1", order["port"]))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        mine: list[tuple[float, int]] = []
        while time.monotonic() < begin:
            time.sleep(0.001)
        while time.monotonic() - begin < order["seconds"]:
            with lock:
                number = next(place, None)
            if number is None:
                break
            due = time.monotonic()
            if pace:
                due = begin + number / pace
                time.sleep(max(0.0, due - time.monotonic()))
            status = exchange(connection, many[number])
            mine.append((time.monotonic() - due, status))
        with lock:
            for latency, status in mine:
                latencies.append(latency * 1000)
                statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": time.monotonic() - begin, "latencies": latencies, "statuses": statuses}


if __name__ == "__main__":
    json.dump(send_all(json.load(sys.stdin)), sys.stdout)
