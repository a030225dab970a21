"""Django settings of the sandbox alone; the product's settings are never loaded here."""

import secrets
from pathlib import Path

from integrations.sandbox.config import config

HERE = Path(__file__).parent

# Only short-lived notices are signed with it, so a new key per start is enough.
SECRET_KEY = secrets.token_urlsafe(32)
DEBUG = False
ALLOWED_HOSTS = list(config().allowed_hosts)
ROOT_URLCONF = "integrations.sandbox.urls"
INSTALLED_APPS = ["django.contrib.messages"]
MIDDLEWARE = [
    "integrations.sandbox.pages.headers.SafeHeaders",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
DATABASES: dict[str, dict[str, str]] = {}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "integrations.sandbox.pages.headers.frame",
            ],
            "builtins": ["integrations.sandbox.pages.tags"],
        },
    }
]
MESSAGE_STORAGE = "integrations.sandbox.pages.headers.Notices"
# Cookies are shared between ports of one host, so these must not meet the desk's.
CSRF_COOKIE_NAME = "sandbox_csrf"
CSRF_COOKIE_SAMESITE = "Strict"
X_FRAME_OPTIONS = "DENY"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"err": {"class": "logging.StreamHandler"}},
    # Refusals are this program's business; only real faults belong in its log.
    "loggers": {"django.request": {"handlers": ["err"], "level": "ERROR", "propagate": False}},
}
