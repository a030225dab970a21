"""`python -m integrations.sandbox`: make the salon when there is none, and serve it."""

import argparse
import os
import sys
from pathlib import Path

from integrations.sandbox.config import config

_HELP = """\
A salon platform of our own for demo, tests and training.

Pages:      /  /phones  /messages  /history  /knobs  /scenarios  (no sign-in, this machine only)
API:        /v1/…  with  Authorization: Bearer $SANDBOX_TOKEN
Control:    /sandbox/act /sandbox/knobs /sandbox/clock /sandbox/reset /sandbox/webhooks
            /sandbox/history /sandbox/messages /sandbox/scenario   GET /healthz
Exports:    /exports/clients.csv  appointments.csv  waitlist.csv

environment:
  SANDBOX_TOKEN           bearer token of the API (default: sandbox-token)
  SANDBOX_LIMITED_TOKEN   token that may only receive webhooks (default: <token>-webhooks-only)
  SANDBOX_WEBHOOK_SECRET  whsec_… used when a subscription brings none
  SANDBOX_STATE           the SQLite file (default: sandbox.sqlite3 in the temporary folder)
  SANDBOX_PORT            default 8001
  SANDBOX_SEED            which salon (default 7)
  SANDBOX_SMALL=1         30 clients instead of 400
  SANDBOX_NOW             start with the clock frozen at this ISO time
  SANDBOX_ALLOWED_HOSTS   further host names, separated by commas
  WEB_ORIGIN              address of the desk, linked in the header
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m integrations.sandbox",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=config().port)
    parser.add_argument("--threads", type=int, default=8, help="blocking threads (default 8)")
    parser.add_argument("--seed-only", action="store_true", help="make the state and stop")
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    if given.seed_only:
        from integrations.sandbox.start import prepare

        prepare()
        sys.stdout.write(f"The salon is in {config().state}\n")
        return
    server = str(Path(sys.executable).with_name("granian"))
    sys.stdout.write(f"Sandbox salon: http://127.0.0.1:{given.port}/\n")
    sys.stdout.flush()
    os.execv(  # noqa: S606
        server,
        [
            server,
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(given.port),
            "--workers",
            "1",
            "--blocking-threads",
            str(given.threads),
            "--no-ws",
            "--workers-kill-timeout",
            "3",
            "--log-level",
            "error",
            "integrations.sandbox.wsgi:application",
        ],
    )


if __name__ == "__main__":
    main()
