"""What was accepted and what came of it, in order: the witness of fault tests."""

import json
from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.store import Record, store


def add(kind: str, action: str, actor: str, subject: str | None = None, **data: Any) -> None:
    """kind: call, effect, webhook or knob; action: a dotted word; actor: api, page, client, …"""
    store().db.execute(
        "INSERT INTO history (at, machine_at, kind, action, actor, subject, data) "
        "VALUES (?,?,?,?,?,?,?)",
        (
            clock.micro(clock.now()),
            clock.machine_seconds(),
            kind,
            action,
            actor,
            subject,
            json.dumps(data, ensure_ascii=False),
        ),
    )


def read(
    *, kind: str = "", subject: str = "", after: int = 0, newest: bool = False, limit: int = 1000
) -> list[Record]:
    """Rows as dictionaries; `kind` fits the kind or the whole action."""
    where: list[str] = ["seq > ?"]
    args: list[object] = [after]
    if kind:
        where.append("(kind = ? OR action = ?)")
        args += [kind, kind]
    if subject:
        where.append("subject = ?")
        args.append(subject)
    order = "DESC" if newest else "ASC"
    query = f"SELECT * FROM history WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?"  # noqa: S608
    rows = store().db.execute(query, (*args, limit))
    return [
        {
            "seq": r["seq"],
            "at": r["at"],
            "machineAt": r["machine_at"],
            "kind": r["kind"],
            "action": r["action"],
            "actor": r["actor"],
            "subject": r["subject"],
            "data": json.loads(r["data"]),
        }
        for r in rows
    ]
