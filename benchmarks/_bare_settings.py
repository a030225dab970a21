"""The product's settings plus one bare view to compare with: same server, same middleware."""

from copilot.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks._bare_urls"
