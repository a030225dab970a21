"""Strict readers for settings: a wrong value names its variable, says the remedy and stops."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit


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
        if not re.fullmatch(r"-?[0-9]+", raw) or not low <= int(raw) <= high:
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

    def one_of(self, name: str, default: str, choices: Sequence[str]) -> str:
        raw = self.text(name, default).upper()
        if raw not in choices:
            raise WrongSetting(f"{name}={raw!r}: give one of {', '.join(choices)}.")
        return raw

    def address(
        self, name: str, schemes: set[str], example: str, default: str | None = None
    ) -> str:
        """A web or Redis address; '' only where that is the default."""
        if default == "" and not self.text(name, ""):
            return ""
        url, _ = self._parts(name, default, schemes, example)
        return url.geturl().rstrip("/")

    def hosts_and_ports(self, name: str) -> list[str]:
        found = self.words(name)
        for entry in found:
            if not re.fullmatch(r"[^/@\s]+:[0-9]{1,5}", entry):
                raise WrongSetting(f"{name} holds {entry!r}: give host:port, with commas between.")
        return found

    def _parts(
        self, name: str, default: str | None, schemes: set[str], example: str
    ) -> tuple[SplitResult, int | None]:
        # Never with the value in the message: it can hold a password.
        wrong = WrongSetting(f"{name} must look like {example}.")
        try:
            url = urlsplit(self.text(name, default))
            port = url.port
        except ValueError:
            raise wrong from None
        if url.scheme not in schemes or not (url.netloc or url.path):
            raise wrong
        return url, port

    def database(self, name: str, default: str | None = None) -> dict[str, object]:
        """A Django database entry from ``postgresql://user:pass@host:port/name?host=/socket/dir``."""
        example = "postgresql://user:password@host:5432/name"
        url, port = self._parts(name, default, {"postgres", "postgresql"}, example)
        if len(url.path) < 2:
            raise WrongSetting(f"{name} must look like {example}.")
        query = dict(part.split("=", 1) for part in url.query.split("&") if "=" in part)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path[1:]),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": unquote(query.get("host", url.hostname or "")),
            "PORT": str(query.get("port", port or "")),
        }


def stop(error: WrongSetting) -> None:
    """End the process with the message alone: a traceback would bury the one line that helps."""
    sys.stderr.write(f"\nFront Desk Copilot cannot start: {error}\n\n")
    raise SystemExit(2)


env = Env(os.environ)
