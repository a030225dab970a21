"""A model server of our own for benchmarks, in a process of its own: answers after a while.

It writes a text that keeps to the facts it was given. ``python -m benchmarks._model PORT SECONDS``.
"""

import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 900, "completion_tokens": 60, "prompt_tokens_details": {}}
VISIT = re.compile(r"^- (.+)$", re.MULTILINE)
DIGIT = re.compile(r"(?:reply|responda|answer)\D{0,40}?(\d)\b", re.IGNORECASE)


class Handler(BaseHTTPRequestHandler):
    # Without these every call takes 48 ms (delayed acknowledgements).
    disable_nagle_algorithm = True
    wbufsize = 65536
    protocol_version = "HTTP/1.1"
    seconds = 0.0

    def do_GET(self) -> None:
        self.answer({"object": "list", "data": []})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        asked = json.loads(self.rfile.read(length))
        time.sleep(self.seconds)
        facts = asked["messages"][1]["content"]
        subject = "SALON_1" if "Channel: e-mail" in facts else ""
        body = {"subject": subject, "body": text_for(facts)}
        message = {"role": "assistant", "content": json.dumps(body)}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self.answer({"object": "chat.completion", "choices": [choice], "usage": USAGE})

    def answer(self, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def text_for(facts: str) -> str:
    visits = "; ".join(VISIT.findall(facts)[:2])
    digit = DIGIT.search(facts)
    spanish = "Language: Spanish" in facts
    greeting = "Hola CLIENT_1" if spanish else "Hi CLIENT_1"
    asks = ""
    if digit:
        asks = f" Responda {digit[1]}." if spanish else f" Please reply {digit[1]}."
    return f"SALON_1: {greeting}: {visits}.{asks}"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    Handler.seconds = float(sys.argv[2])
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
