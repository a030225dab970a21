"""The product's code without its services, for subjects that only call functions."""

import os

import django


def prepare_django() -> None:
    """Settings that import; nothing connects to these addresses."""
    if "DATABASE_URL" not in os.environ:
        os.environ["SECRET_KEY"] = "only-for-benchmarks-0123456789abcdef"
        os.environ["DATABASE_URL"] = "postgresql://copilot_app@127.0.0.1:1/copilot"
        os.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.settings")
    django.setup()
