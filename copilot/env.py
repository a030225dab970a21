"""Strict readers for settings: a wrong value names its variable, says the remedy and stops."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


class WrongSetting(Exception):
    """A setting that cannot be used; the message names the variable and how to mend it."""


@dataclass(frozen=True)
class Env:
    """Reads variables, or the file named by ``<NAME>_FILE`` where a secret is mounted as a file."""

    values: Mapping[str, str]

    def text(self, name: str, default: str | None = None) -> str:
        if name in self.values and self.values[name] != "":
            return self.values[name]
        path = self.values.get(f"{name}_FILE", "")
        if path:
            try:
                return Path(path).read_text().strip()
            except OSError as error:
                raise WrongSetting(
                    f"{name}_FILE points at {path}, which cannot be read ({error.strerror}). "
                    f"Mount the file or set {name}."
                ) from error
        if default is None:
            raise WrongSetting(f"{name} is not set. Set {name}, or {name}_FILE with a file's path.")
        return default

    def number(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if not raw.lstrip("-").isdigit() or not low <= int(raw) <= high:
            raise WrongSetting(f"{name}={raw!r}: give a whole number from {low} to {high}.")
        return int(raw)

    def flag(self, name: str, default: bool) -> bool:
        raw = self.text(name, "1" if default else "0").lower()
        if raw in {"1", "true", "yes", "on"}:
            return True
        if raw in {"0", "false", "no", "off"}:
            return False
        raise WrongSetting(f"{name}={raw!r}: give 1 or 0.")

    def words(self, name: str, default: str = "") -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def database(self, name: str, default: str | None = None) -> dict[str, object]:
        """A Django database entry from ``postgresql://user:pass@host:port/name?host=/socket/dir``."""
        raw = self.text(name, default)
        url = urlsplit(raw)
        if url.scheme not in {"postgres", "postgresql"} or len(url.path) < 2:
            raise WrongSetting(f"{name} must look like postgresql://user:password@host:5432/name.")
        query = dict(part.split("=", 1) for part in url.query.split("&") if "=" in part)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path[1:]),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": unquote(query.get("host", url.hostname or "")),
            "PORT": str(query.get("port", url.port or "")),
        }


def stop(error: WrongSetting) -> None:
    """End the process with the message alone: a traceback would bury the one line that helps."""
    sys.stderr.write(f"\nFront Desk Copilot cannot start: {error}\n\n")
    raise SystemExit(2)


env = Env(os.environ)
