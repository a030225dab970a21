"""The product's settings, pointed at the servers that the test run starts.

pytest-django reads settings before any conftest is imported, so the addresses have to be chosen
here; tests/conftest.py starts the servers at them.
"""

from tests.support import services

services.announce()

from copilot.settings import *  # noqa: E402, F403

# Hashing passwords for safety costs a quarter of a second each; no test is about that.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Otherwise every visitor of every test has WhiteNoise list all files again: 25 ms each.
WHITENOISE_AUTOREFRESH = True
