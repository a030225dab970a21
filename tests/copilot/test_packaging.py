"""What is shipped as an image is what the product needs: files, settings, processes.

No container is built here; the two files are read and held against the code.
"""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from copilot.supervisor import commands

ROOT = Path(settings.BASE_DIR)
COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
# Not for the processes of docker compose: it builds the first two itself, and its proxy keeps the
# stream on the pages' own origin; the pool has a default for each kind of process.
NOT_HANDED_ON = {"DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "STREAM_ORIGIN"} | {
    "DATABASE_POOL", "DEBUG"
}  # fmt: skip
# The demo's own; nobody sets them by hand.
OF_THE_DEMO = {"DEMO", "SANDBOX_URL"}


def folders_read() -> set[str]:
    """Folders of the checkout that the settings name, or that hold an app."""
    named = [*settings.TEMPLATES[0]["DIRS"], *settings.STATICFILES_DIRS, *settings.LOCALE_PATHS]
    apps = {app.split(".")[0] for app in settings.INSTALLED_APPS}
    return {Path(folder).name for folder in named} | {app for app in apps if (ROOT / app).is_dir()}


def settings_read() -> set[str]:
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "copilot/settings.py").read_text()))


def test_every_folder_that_the_product_reads_is_in_the_image() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.M))
    assert len(folders_read()) >= 8
    assert folders_read() - copied == set()
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert copied & set(left_out) == set()


def test_every_setting_is_explained_and_reaches_the_containers() -> None:
    explained = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.M))
    read = settings_read()
    assert len(read) >= 25
    assert read - explained - OF_THE_DEMO == set()
    shared = COMPOSE.split("environment: &env")[1].split("depends_on")[0]
    handed_on = set(re.findall(r"^    ([A-Z_]+):", shared, re.M))
    assert explained & read - handed_on - NOT_HANDED_ON == set()
    assert handed_on - read == set()


def test_the_queues_of_the_containers_are_those_of_the_demo() -> None:
    contained = re.findall(r'"--queues", "([a-z,]+)"', COMPOSE)
    assert sorted(contained) == sorted(queues for queues, _ in commands.WORKERS.values())
