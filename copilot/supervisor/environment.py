"""What the demo's processes are told: ports, secrets made once, addresses."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from copilot.supervisor import ports
from copilot.supervisor.postgres import Cluster
from copilot.supervisor.processes import StartFailed
from copilot.supervisor.redis import Server, read_or_make

ROOT = Path(__file__).resolve().parents[2]
KEPT = "environment.json"


@dataclass(frozen=True)
class Ports:
    """The three addresses a browser may open; all on the loopback address."""

    web: int
    sandbox: int
    stream: int


def demo_folder(env: Mapping[str, str]) -> Path:
    """DEMO_DIR, or `.demo` in the checkout; for its owner only, since it keeps secrets."""
    named = env.get("DEMO_DIR", "")
    folder = Path(named).expanduser().absolute() if named else ROOT / ".demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise StartFailed(
            f"Cannot keep the demo's data in {folder} ({error.strerror}).\n"
            "DEMO_DIR=/some/other/folder make demo keeps it elsewhere."
        ) from error
    return folder


def choose_ports(env: Mapping[str, str]) -> Ports:
    web = _wanted(env, "PORT", 8000)
    sandbox = _wanted(env, "SANDBOX_PORT", 8001)
    stream = _wanted(env, "STREAM_PORT", 8002)
    # Nobody types the stream's address, so unless it was asked for any free port will do.
    if "STREAM_PORT" not in env and (stream in (web, sandbox) or not ports.is_free(stream)):
        stream = ports.any_free()
    named = (("PORT", web), ("SANDBOX_PORT", sandbox), ("STREAM_PORT", stream))
    for name, port in named:
        if not ports.is_free(port):
            raise StartFailed(
                f"Port {port} is taken by another program.\n{name}={_next_free(port)} make demo "
                "picks another."
            )
    if len({port for _, port in named}) < len(named):
        raise StartFailed("PORT, SANDBOX_PORT and STREAM_PORT must be three different numbers.")
    return Ports(web, sandbox, stream)


def _wanted(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise StartFailed(f"{name}={text!r} is not a port. Give a number from 1024 to 65535.")
    return int(text)


def _next_free(port: int) -> int:
    return next(
        (other for other in range(port + 10, 65535, 10) if ports.is_free(other)), ports.any_free()
    )


def for_services(folder: Path, cluster: Cluster, redis: Server) -> dict[str, str]:
    """Enough for a management command: the data stores and the key."""
    return {
        "DJANGO_SETTINGS_MODULE": "copilot.settings",
        "DATABASE_URL": cluster.url("copilot_app"),
        "MIGRATE_DATABASE_URL": cluster.url("copilot_owner"),
        "REDIS_URL": redis.url,
        "SECRET_KEY": read_or_make(folder / "secret-key", secrets.token_urlsafe(48)),
        "PYTHONUNBUFFERED": "1",
        # Readiness of the workers is read from their logs.
        "LOG_LEVEL": "INFO",
    }


def for_demo(folder: Path, cluster: Cluster, redis: Server, chosen: Ports) -> dict[str, str]:
    sandbox = f"127.0.0.1:{chosen.sandbox}"
    webhook_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return for_services(folder, cluster, redis) | {
        "DEMO": "1",
        "DEMO_DIR": str(folder),
        "PORT": str(chosen.web),
        "SANDBOX_PORT": str(chosen.sandbox),
        "STREAM_PORT": str(chosen.stream),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "WEB_ORIGIN": f"http://127.0.0.1:{chosen.web}",
        "STREAM_ORIGIN": f"http://127.0.0.1:{chosen.stream}",
        "SANDBOX_URL": f"http://{sandbox}",
        "SANDBOX_STATE": str(folder / "sandbox.sqlite3"),
        "SANDBOX_TOKEN": read_or_make(folder / "sandbox-token", secrets.token_urlsafe(32)),
        "SANDBOX_WEBHOOK_SECRET": read_or_make(folder / "webhook-secret", webhook_secret),
        "OUTBOUND_ALLOW": _with(os.environ.get("OUTBOUND_ALLOW", ""), sandbox),
    }


def keep(folder: Path, values: Mapping[str, str]) -> None:
    """For `manage`, which joins a running demo."""
    target = folder / KEPT
    target.touch(mode=0o600)
    target.write_text(json.dumps(dict(values), indent=1))


def keep_for_shell(folder: Path, values: Mapping[str, str]) -> Path:
    """The same as a script to source, so that no secret is printed on a terminal."""
    target = folder / "environment.sh"
    target.touch(mode=0o600)
    target.write_text("".join(f"export {name}='{value}'\n" for name, value in values.items()))
    return target


def kept(folder: Path) -> dict[str, str]:
    values: dict[str, str] = json.loads((folder / KEPT).read_text())
    return values


def _with(listed: str, address: str) -> str:
    """A model server on this machine may be allowed beside the sandbox."""
    return ",".join([*(part for part in listed.split(",") if part), address])
