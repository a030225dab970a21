"""The state: one SQLite file with records as JSON documents.

One writer at a time (a lock in the process, BEGIN IMMEDIATE between processes) makes slots,
idempotency keys and history safe without thinking about it at every call.
"""

import json
import sqlite3
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.config import config

Record = dict[str, Any]

_TABLES = {
    "records": """CREATE TABLE IF NOT EXISTS records (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL, updated_at TEXT NOT NULL,
        client_id TEXT, location_id TEXT, staff_id TEXT, starts_at TEXT, ends_at TEXT,
        status TEXT, reference TEXT, search TEXT)""",
    "history": """CREATE TABLE IF NOT EXISTS history (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, machine_at REAL NOT NULL,
        kind TEXT NOT NULL, action TEXT NOT NULL, actor TEXT NOT NULL, subject TEXT,
        data TEXT NOT NULL)""",
    "keys": """CREATE TABLE IF NOT EXISTS keys (
        key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
        body TEXT NOT NULL, at TEXT NOT NULL)""",
    "deliveries": """CREATE TABLE IF NOT EXISTS deliveries (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id TEXT NOT NULL, subscription TEXT NOT NULL,
        event TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
        attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, last_status INTEGER,
        last_error TEXT)""",
    "settings": "CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "counters": "CREATE TABLE IF NOT EXISTS counters (prefix TEXT PRIMARY KEY, last INTEGER)",
}
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS by_update ON records (kind, updated_at, id)",
    "CREATE INDEX IF NOT EXISTS by_client ON records (client_id, kind, updated_at)",
    "CREATE INDEX IF NOT EXISTS by_start ON records (kind, location_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS by_staff ON records (staff_id, kind, starts_at)",
    "CREATE INDEX IF NOT EXISTS by_status ON records (kind, status)",
    "CREATE INDEX IF NOT EXISTS by_reference ON records (reference) WHERE reference IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS due ON deliveries (state, next_at)",
    # The history is a witness in fault tests, so nothing may quietly rewrite it.
    "CREATE TRIGGER IF NOT EXISTS history_kept BEFORE UPDATE ON history "
    "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS history_stays BEFORE DELETE ON history "
    "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END",
)


def fold(text: str) -> str:
    """Lower case without accents, for searching."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def _search_text(data: Record) -> str | None:
    if "firstName" not in data:
        return None
    parts = (data.get(name) or "" for name in ("firstName", "lastName", "email", "phone"))
    return fold(" ".join(parts))


class Store:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.write():
            self.create()

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's own connection."""
        found = getattr(self._local, "db", None)
        if found is None:
            found = sqlite3.connect(self.path, isolation_level=None, timeout=20)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode=WAL")
            found.execute("PRAGMA synchronous=NORMAL")
            self._local.db = found
        return found

    def create(self) -> None:
        for statement in (*_TABLES.values(), *_INDEXES):
            self.db.execute(statement)

    def wipe(self) -> None:
        for table in _TABLES:
            self.db.execute(f"DROP TABLE IF EXISTS {table}")
        self.create()

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction; nested calls join it. What `after_commit` was given runs at its end."""
        with self._lock:
            if self.db.in_transaction:
                yield
                return
            self._local.after = []
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            calls, self._local.after = self._local.after, []
        for call in calls:
            call()

    @contextmanager
    def part(self) -> Iterator[None]:
        """A piece of a transaction that is taken back alone when it raises."""
        self.db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO part")
            raise
        finally:
            self.db.execute("RELEASE part")

    def after_commit(self, call: Callable[[], None]) -> None:
        if call not in self._local.after:
            self._local.after.append(call)

    def next_id(self, prefix: str) -> str:
        row = self.db.execute(
            "INSERT INTO counters VALUES (?, 1001) ON CONFLICT (prefix) "
            "DO UPDATE SET last = last + 1 RETURNING last",
            (prefix,),
        ).fetchone()
        return f"{prefix}_{row[0]}"

    def find(self, ident: str | None, kind: str | None = None) -> Record | None:
        row = self.db.execute("SELECT kind, data FROM records WHERE id = ?", (ident,)).fetchone()
        if row is None or (kind and row["kind"] != kind):
            return None
        return json.loads(row["data"])

    def put(self, kind: str, data: Record, *, stamp: bool = True) -> Record:
        """Stores a record; `updatedAt` always grows, even while the clock stands still."""
        if stamp:
            moment = clock.now()
            if data.get("updatedAt"):
                earliest = clock.parse(data["updatedAt"]) + timedelta(microseconds=1)
                moment = max(moment, earliest)
            data["updatedAt"] = clock.micro(moment)
        self.db.execute(
            "INSERT OR REPLACE INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", _row(kind, data)
        )
        return data

    def put_many(self, kind: str, many: list[Record]) -> None:
        """For the seed: as given, without a new stamp."""
        self.db.executemany(
            "INSERT OR REPLACE INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            [_row(kind, data) for data in many],
        )

    def select(
        self,
        kind: str,
        where: str = "",
        args: tuple[Any, ...] = (),
        *,
        order: str = "updated_at, id",
        limit: int = -1,
    ) -> list[Record]:
        """Records of a kind. `where` and `order` come from our code; values only through `args`."""
        clause = f" AND {where}" if where else ""
        query = f"SELECT data FROM records WHERE kind = ?{clause} ORDER BY {order} LIMIT ?"  # noqa: S608
        rows = self.db.execute(query, (kind, *args, limit))
        return [json.loads(row["data"]) for row in rows]

    def setting(self, key: str) -> str | None:
        row = self.db.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        return row["value"] if row else None

    def keep(self, key: str, value: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, value))


def _row(kind: str, data: Record) -> tuple[Any, ...]:
    return (
        data["id"],
        kind,
        json.dumps(data, ensure_ascii=False),
        data["updatedAt"],
        data.get("clientId"),
        data.get("locationId"),
        data.get("staffId"),
        data.get("startTime"),
        data.get("endTime"),
        data.get("status"),
        data.get("reference"),
        _search_text(data) if kind == "client" else None,
    )


@lru_cache(maxsize=1)
def store() -> Store:
    return Store(config().state)
