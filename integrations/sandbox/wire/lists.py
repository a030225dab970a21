"""Lists: filters, and cursor paging in the order of change so that a poll misses nothing."""

import base64
import json

from integrations.sandbox import clock
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import clients
from integrations.sandbox.salon.lookup import shown
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire.guard import Call, Handler, Reply

TOP = 100

# What a parameter becomes; times are rewritten to the way they are stored.
_PLAIN = {
    "clientId": "client_id = ?",
    "locationId": "location_id = ?",
    "reference": "reference = ?",
}
_TIMES = {
    "from": ("ends_at > ?", clock.seconds),
    "to": ("starts_at < ?", clock.seconds),
    "since": ("json_extract(data, '$.createdAt') >= ?", clock.micro),
    "updatedSince": ("updated_at >= ?", clock.micro),
}


def limit_of(call: Call) -> int:
    raw = call.params.get("limit") or str(TOP)
    if not raw.isdigit() or not 1 <= int(raw) <= TOP:
        raise Refused(400, "bad_limit", f"limit is a number from 1 to {TOP}.")
    return int(raw)


def pack(*position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def unpack(cursor: str, length: int) -> list[object]:
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        position = None
    if not isinstance(position, list) or len(position) != length:
        raise Refused(400, "bad_cursor", "Use nextCursor as it was given.")
    return position


def listing(kind: str, *params: str) -> Handler:
    """A GET handler over one kind; `params` are the filters this list knows."""
    known = {*params, "updatedSince", "cursor", "limit"}

    def handler(call: Call) -> Reply:
        unknown = sorted(set(call.params) - known)
        if unknown:
            raise Refused(400, "unknown_parameter", f"Not known here: {', '.join(unknown)}.")
        where, args = _filters(call)
        return page(kind, where, args, call)

    return handler


def _filters(call: Call) -> tuple[list[str], list[object]]:
    where: list[str] = []
    args: list[object] = []
    for name, value in call.params.items():
        if name in _PLAIN:
            where.append(_PLAIN[name])
            args.append(value)
        elif name in _TIMES:
            clause, write = _TIMES[name]
            where.append(clause)
            args.append(write(clock.parse(value)))
        elif name == "query":
            for word in value.split():
                where.append("search LIKE ? ESCAPE '\\'")
                args.append(clients.like(word))
    return where, args


def page(kind: str, where: list[str], args: list[object], call: Call) -> Reply:
    limit = limit_of(call)
    if call.params.get("cursor"):
        where = [*where, "(updated_at, id) > (?, ?)"]
        args = [*args, *unpack(call.params["cursor"], 2)]
    rows = store().select(kind, " AND ".join(where), tuple(args), limit=limit + 1)
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = pack(rows[-1]["updatedAt"], rows[-1]["id"]) if more else None
    return 200, {"data": [shown(row) for row in rows], "nextCursor": cursor}


def sliced(rows: list[Record], call: Call) -> Reply:
    """Paging over a computed list, by position."""
    limit = limit_of(call)
    start = 0
    if call.params.get("cursor"):
        position = unpack(call.params["cursor"], 1)[0]
        start = position if isinstance(position, int) and position > 0 else 0
    cursor = pack(start + limit) if len(rows) > start + limit else None
    return 200, {"data": rows[start : start + limit], "nextCursor": cursor}
