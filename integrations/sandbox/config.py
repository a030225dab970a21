"""The sandbox's settings, all from the environment."""

import os
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Config:
    state: Path
    port: int
    token: str
    limited_token: str
    webhook_secret: str
    seed: int
    now: str
    small: bool
    web_origin: str
    allowed_hosts: tuple[str, ...]


def _number(name: str, default: int) -> int:
    raw = os.environ.get(name, "") or str(default)
    try:
        return int(raw)
    except ValueError:
        raise SystemExit(f"{name} must be a whole number, not {raw!r}.") from None


@lru_cache(maxsize=1)
def config() -> Config:
    """Reads the environment once; a wrong value names the variable and stops the process."""
    env = os.environ.get
    token = env("SANDBOX_TOKEN", "") or "sandbox-token"
    state = env("SANDBOX_STATE", "") or str(Path(tempfile.gettempdir()) / "sandbox.sqlite3")
    extra = env("SANDBOX_ALLOWED_HOSTS", "").split(",")
    return Config(
        state=Path(state),
        port=_number("SANDBOX_PORT", 8001),
        token=token,
        limited_token=env("SANDBOX_LIMITED_TOKEN", "") or f"{token}-webhooks-only",
        webhook_secret=env("SANDBOX_WEBHOOK_SECRET", ""),
        seed=_number("SANDBOX_SEED", 7),
        now=env("SANDBOX_NOW", ""),
        small=env("SANDBOX_SMALL", "") not in ("", "0", "false"),
        web_origin=env("WEB_ORIGIN", "").rstrip("/"),
        allowed_hosts=("127.0.0.1", "localhost", "[::1]", *(h.strip() for h in extra if h.strip())),
    )
