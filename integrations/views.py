"""Webhooks. They pass no session and no sign-in (core.middleware.HooksFirst)."""

from uuid import UUID

from django.db import IntegrityError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from core.counters import count
from core.doorbell import ring
from core.errors import NeedsAttention
from integrations import hooks
from integrations.jsonsafe import parsed
from integrations.models import Connection
from integrations.platforms.base import NotGenuine, NotReadable, platforms

LARGEST_BODY = 256 * 1024
LONGEST_ID = 200


class TooLarge(Exception):
    """The body is over the limit, whatever its Content-Length says."""


@csrf_exempt
def hook(request: HttpRequest, platform: str, connection_id: UUID, key: str = "") -> JsonResponse:
    """Verify over the raw bytes, store, commit, and only then say 202."""
    if request.method != "POST":
        return _answer(405, "Send a POST.", Allow="POST")
    connection = hooks.hook_connection(connection_id)
    if connection is None or connection.platform != platform or platform not in platforms:
        return _answer(404, "There is no such connection.")
    try:
        return _accept(request, connection, key)
    except TooLarge:
        count("hooks.too_large", connection.pk)
        return _answer(413, "The body is larger than 256 kB.")
    except NotGenuine:
        count("hooks.refused", connection.pk)
        return _answer(401, "The signature, key or time is not right.")
    except NotReadable:
        count("hooks.unreadable", connection.pk)
        return _answer(400, "The body is not JSON that can be read.")
    except NeedsAttention:
        count("hooks.not_set_up", connection.pk)
        return _answer(503, "This connection's webhook secret is not in place yet.")


def _accept(request: HttpRequest, connection: Connection, key: str) -> JsonResponse:
    body = read_body(request)
    verified = platforms.get(connection.platform).verify(connection, body, request.headers, key)
    parsed(body)
    delivery = verified.delivery_id[:LONGEST_ID]
    try:
        stored = hooks.delivery_store(connection, delivery, verified.kind, body)
    except IntegrityError:
        # The connection was deleted within the seconds for which it is kept.
        hooks.forget_connections()
        return _answer(404, "There is no such connection.")
    if stored:
        ring("integrations.inbox_drain")
    elif hooks.is_other_body(connection, delivery, body):
        count("hooks.same_id_other_body", connection.pk)
    return _answer(202, "accepted" if stored else "known")


def read_body(request: HttpRequest, most: int = LARGEST_BODY) -> bytes:
    """The raw body, at most one byte more than allowed read into memory."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > most:
        raise TooLarge
    source = request
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        # Without a length Django reads nothing; a chunked body is on the server's own stream.
        source = request.META["wsgi.input"]
    body = source.read(most + 1)
    if len(body) > most:
        raise TooLarge
    return body


def _answer(status: int, said: str, **headers: str) -> JsonResponse:
    field = "status" if status == 202 else "error"
    return JsonResponse({field: said}, status=status, headers=headers)
