"""Settings, by environment only. ``.env.example`` lists every variable with its meaning."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from copilot.env import WrongSetting, env, stop

BASE_DIR = Path(__file__).resolve().parent.parent

WEB_ADDRESS = ({"http", "https"}, "https://copilot.example.com")

try:
    DEBUG = env.flag("DEBUG", False)
    DEMO = env.flag("DEMO", False)
    SECRET_KEY = env.text("SECRET_KEY")
    SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
    ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost")
    DATABASE = env.database("DATABASE_URL")
    OWNER_DATABASE = env.database("MIGRATE_DATABASE_URL", env.text("DATABASE_URL"))
    DATABASE_POOL = env.number("DATABASE_POOL", 0, 0, 200)
    REDIS_URL = env.address(
        "REDIS_URL", {"redis", "rediss", "unix"}, "redis://:password@host:6379/0"
    )
    WEB_ORIGIN = env.address("WEB_ORIGIN", *WEB_ADDRESS, default="http://127.0.0.1:8000")
    STREAM_ORIGIN = env.address("STREAM_ORIGIN", *WEB_ADDRESS, default="")
    HTTPS = env.flag("HTTPS", WEB_ORIGIN.startswith("https://"))
    OUTBOUND_ALLOW = env.hosts_and_ports("OUTBOUND_ALLOW")
    SANDBOX_URL = env.text("SANDBOX_URL", "")
    OPENAI_API_KEY = env.text("OPENAI_API_KEY", "")
    OPENAI_BASE_URL = env.text("OPENAI_BASE_URL", "")
    OPENAI_MODEL = env.text("OPENAI_MODEL", "gpt-5-mini")
    OPENAI_FALLBACK_MODEL = env.text("OPENAI_FALLBACK_MODEL", "")
    OPENAI_EMBEDDING_MODEL = env.text("OPENAI_EMBEDDING_MODEL", "")
    MODEL_BUDGET_SECONDS = env.number("MODEL_BUDGET_SECONDS", 20, 1, 120)
    DRAFTS_AT_ONCE = env.number("DRAFTS_AT_ONCE", 64, 1, 500)
    EMAIL_HOST = env.text("EMAIL_HOST", "")
    EMAIL_PORT = env.number("EMAIL_PORT", 25, 1, 65535)
    EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
    DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "copilot@localhost")
    RETENTION_DAYS = env.number("RETENTION_DAYS", 180, 7, 3650)
    LOG_LEVEL = env.one_of("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
    if len(SECRET_KEY) < 32:
        raise WrongSetting("SECRET_KEY is shorter than 32 characters. Make a long random one.")
except WrongSetting as wrong:
    stop(wrong)

INSTALLED_APPS = [
    "copilot.apps.CopilotConfig",
    "copilot.digest.apps.DigestConfig",
    "copilot.ask.apps.AskConfig",
    "copilot.visits.apps.VisitsConfig",
    "copilot.impact.apps.ImpactConfig",
    "copilot.leaving.apps.LeavingConfig",
    "agents",
    "approvals",
    "integrations",
    "core",
    "guardian",
    "django_htmx",
    "template_partials",
    "csp",
    "copilot.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "core.middleware.HooksFirst",
    "django.middleware.security.SecurityMiddleware",
    # Around the files too: where nothing was collected they lie there unpacked.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "copilot.stations.middleware.AtTheStation",
    "copilot.languages.InTheirLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.htmx.SignInAgain",
    "csp.middleware.CSPMiddleware",
    "core.middleware.PrivatePages",
]

ROOT_URLCONF = "copilot.urls"
WSGI_APPLICATION = "copilot.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "copilot.context_processors.shell",
            ],
        },
    }
]

# A pool that cannot connect waits twice as long before each new try, for five minutes by default:
# PostgreSQL would be back long before it noticed. Given up soon, the next who asks tries at once.
POOL: dict[str, Any] = (
    {"pool": {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 10, "reconnect_timeout": 5}}
    if DATABASE_POOL
    else {}
)
DATABASES: dict[str, dict[str, Any]] = {
    # Without a pool a web thread keeps its connection: a new one per request costs ten times more.
    "default": {
        **DATABASE,
        "CONN_MAX_AGE": 0 if DATABASE_POOL else 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": POOL,
    },
    "owner": {**OWNER_DATABASE, "CONN_MAX_AGE": 0, "TEST": {"MIRROR": "default"}},
}
DATABASE_ROUTERS = ["core.routers.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "integrations.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
if HTTPS:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = [WEB_ORIGIN]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, STREAM_ORIGIN] if STREAM_ORIGIN else [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
# One spelling of numbers in every language: 1,250.50, as in the texts to clients.
FORMAT_MODULE_PATH = ["copilot.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# In the demo and in tests nothing was collected: files are served from where they lie.
WHITENOISE_USE_FINDERS = not STATIC_ROOT.exists()
WHITENOISE_MAX_AGE = 3600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if STATIC_ROOT.exists()
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_TIMEOUT = 10

# Redis carries doorbells only. Publishing must fail within a quarter of a second when it is away:
# without max_retries=0, "no retry" still waits six seconds in kombu.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 0.25,
    "socket_connect_timeout": 0.25,
    "max_retries": 0,
    "visibility_timeout": 60,
}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_DEFAULT_QUEUE = "routine"
CELERY_TIMEZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "copilot.logs.WithoutWords",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Two lines a second from the sweeps would bury the rest; failures are errors and stay.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # Request lines of httpx carry addresses with ids and phone numbers in their query.
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "openai": {"level": "WARNING"},
        # By mail to ADMINS, with the whole page of settings and local values: never.
        "django": {"handlers": [], "level": LOG_LEVEL},
    },
}
