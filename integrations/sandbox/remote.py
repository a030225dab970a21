"""The sandbox's controls from another process: what demo, scenarios and tests call."""

from typing import Any

import httpx


class Remote:
    """One sandbox at ``base_url`` (http://127.0.0.1:8001), steered over its JSON controls."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=30)

    def get(self, path: str, **params: str) -> Any:
        """GET ``/sandbox/<path>``; raises httpx.HTTPStatusError with the sandbox's answer."""
        return self.http.get(f"/sandbox/{path}", params=params).raise_for_status().json()

    def post(self, path: str, **order: Any) -> Any:
        """POST ``/sandbox/<path>`` with a JSON order."""
        return self.http.post(f"/sandbox/{path}", json=order).raise_for_status().json()

    def act(self, action: str, **order: Any) -> dict[str, Any]:
        """Do something in the salon, as its staff or as a client would."""
        return self.post("act", action=action, **order)

    def subscribe(
        self, url: str, secret: str = "", style: str = "signed", location: str = ""
    ) -> dict[str, Any]:
        """Ask for webhooks at ``url``, of one location or of all; a second time for the same url
        replaces the first."""
        return self.post("webhooks", url=url, secret=secret, style=style, location=location)

    def csv(self, name: str, location: str = "") -> bytes:
        """One of the exports: clients, appointments, waitlist; of one location, or of all."""
        params = {"location": location} if location else {}
        return self.http.get(f"/exports/{name}.csv", params=params).raise_for_status().content
