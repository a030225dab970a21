"""python -m copilot.supervisor demo | services | manage ..."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from copilot.supervisor import demo, environment, kernel, postgres
from copilot.supervisor.processes import StartFailed

ABOUT = "Runs Front Desk Copilot on this machine without Docker, accounts or keys."
VARIABLES = """\
environment:
  PORT          the front desk's port (8000)
  SANDBOX_PORT  the sandbox salon's port (8001)
  STREAM_PORT   the live hints' port (8002, or any free one)
  DEMO_DIR      where data, secrets and logs are kept (.demo)
  POSTGRES_RUN_AS=nobody  as root: run PostgreSQL as nobody even where a user namespace works
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m copilot.supervisor",
        description=ABOUT,
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--with-parent",
        action="store_true",
        help="stop when the process that started this one ends, however it ends",
    )
    which = top.add_subparsers(dest="command", required=True, metavar="command")
    which.add_parser("demo", help="everything: the product, the sandbox salon and their servers")
    which.add_parser("services", help="PostgreSQL and Redis only, for development")
    which.add_parser("manage", help="a management command on the demo's data: manage migrate ...")
    which.add_parser("forget", help="remove what PostgreSQL keeps outside of DEMO_DIR")
    return top


def main() -> int:
    # What follows "manage" belongs to manage.py, flags included; argparse would claim those.
    arguments = sys.argv[1:]
    split = arguments.index("manage") + 1 if "manage" in arguments else len(arguments)
    options = parser().parse_args(arguments[:split])
    if options.with_parent:
        kernel.die_with_parent(signal.SIGTERM, os.getppid())
    try:
        folder = environment.demo_folder(os.environ)
        if options.command == "demo":
            return demo.demo(folder, options.with_parent)
        if options.command == "services":
            return demo.services(folder)
        if options.command == "forget":
            postgres.remove_elsewhere(folder)
            return 0
        return demo.manage(folder, arguments[split:])
    except StartFailed as failure:
        print(failure, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
