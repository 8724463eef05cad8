"""The one place that reads the environment. Every variable is listed in docs/settings.md.

Without any variable this is a demo on one machine: SQLite, no broker, keys made on the first start and kept in
``VAR``. With ``HUSTINGS_ENV=production`` nothing is made up: a missing secret stops the start and names itself.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from zoneinfo import available_timezones

import dj_database_url
from environs import Env

from config import BASE_DIR

env = Env()

ENVIRONMENT: str = env.str("HUSTINGS_ENV", "demo", validate=lambda v: v in {"demo", "production"})
PRODUCTION = ENVIRONMENT == "production"
VERSION: str = env.str("HUSTINGS_VERSION", "0.1.0")
DEBUG: bool = env.bool("DEBUG", False)
VAR = Path(env.str("VAR", "var"))
VAR = VAR if VAR.is_absolute() else BASE_DIR / VAR
PORT: int = env.int("PORT", 8000)
SANDBOX_PORT: int = env.int("SANDBOX_PORT", 8001)


def secret(name: str, make) -> str:
    """Read a secret from NAME or from the file in NAME_FILE; outside production make one and keep it in VAR."""
    if value := env.str(name, ""):
        return value
    if file := env.str(f"{name}_FILE", ""):
        return Path(file).read_text().strip()
    if PRODUCTION:
        raise RuntimeError(f"{name} (or {name}_FILE) is not set; it is needed when HUSTINGS_ENV=production")
    kept = VAR / "keys" / name.lower()
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.parent.chmod(0o700)
        kept.write_text(make())
        kept.chmod(0o600)
    return kept.read_text().strip()


def fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


SECRET_KEY = secret("SECRET_KEY", lambda: secrets.token_urlsafe(50))
HUSTINGS_KEYS = [
    k for k in secret("HUSTINGS_KEYS", fernet_key).replace(",", " ").split() if k
]  # newest first

# Addresses -----------------------------------------------------------------------------------------------------------
PUBLIC_URL: str = env.str("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
WAGTAILADMIN_BASE_URL = PUBLIC_URL

# Applications --------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.HustingsConfig",
    "community",
    "editorial",
    "engagement",
    "publishing",
    "cms",
    "formats",
    "channels",
    "media",
    "work",
    "access",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "wagtailmedia",
    "modelcluster",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]
MIDDLEWARE = [
    "config.queries.without_null_bytes",
    "config.health.Middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.walls.Middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    }
]

# Database ------------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env.str("DATABASE_URL", "") or f"sqlite:///{VAR / 'hustings.sqlite3'}", conn_health_checks=True
    )
}
DATABASE = DATABASES["default"]
if "sqlite" in DATABASE["ENGINE"]:
    # FULL, not NORMAL: a power cut must not lose the intent that was written before a call to a network.
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    DATABASE["TEST"] = {"NAME": str(VAR / f"test-{env.str('TEST_NAME', 'main')}.sqlite3")}
else:
    DATABASE["CONN_MAX_AGE"] = 60
    # What the address itself asks for (?sslmode=verify-full …) goes before ours.
    DATABASE["OPTIONS"] = {
        "connect_timeout": 3,
        "options": "-c statement_timeout=10s -c lock_timeout=3s -c idle_in_transaction_session_timeout=15s "
        "-c synchronous_commit=on",
        "keepalives": 1,
        "keepalives_idle": 10,
        **DATABASE.get("OPTIONS", {}),
    }
    DATABASE["TEST"] = {"NAME": f"test_hustings_{env.str('TEST_NAME', 'main')}"}
    INSTALLED_APPS.append("django.contrib.postgres")

# Background work (publishing-design: every delay is a row, the broker only carries nudges) -----------------------------
BROKER_URL: str = env.str("BROKER_URL", "memory://")
WORKER_THREADS: int = env.int("WORKER_THREADS", 4)
# Of a worker's threads, so many may render at once; publishing needs the others.
MEDIA_AT_ONCE: int = env.int("HUSTINGS_MEDIA_AT_ONCE", 1)
FAILPOINTS: str = "" if PRODUCTION else env.str("HUSTINGS_FAILPOINTS", "")  # work/failpoints.py, for tests
# How publishing decides, in seconds; PUBLISHING_SETTLE_S=2 in the environment sets one (docs/delivery.md explains each).
PUBLISHING: dict[str, float] = {
    name: env.float(f"PUBLISHING_{name}".upper(), default)
    for name, default in {
        "lease_s": 120,  # how long a worker may hold a publication without renewing
        "call_max_s": 60,  # the longest that one call may take
        "guard_s": 10,  # no byte leaves when less than call_max_s + guard_s of the lease are left
        "settle_s": 60,  # a request whose answer was lost may still land so long after its deadline
        "absent_gap_s": 60,  # between the two look-ups that must both see nothing
        "lookup_max_s": 86_400,  # then a person is asked
        "grace_s": 1800,  # later than this, a person is asked
        "stage_s": 900,  # uploads may begin so long before the due time
        "stage_video_s": 7200,
        "catch_up_s": 60,  # late posts of one channel go out so far apart
        "budget_factor": 1,  # of the calls that a network grants us, for who has agreed on more with it
        "retry_every_s": 6,  # repeats to one network; ten may come at once
        "breaker_s": 30,  # a network that does not answer is left alone so long, then twice as long …
    }.items()
}

# How many times faster than real life the sandbox's numbers move; the demo raises it so that reports fill in minutes.
METRICS_PACE: float = env.float("METRICS_PACE", 1.0)
# How long networks' answers are kept as they were, and every reading; the last of each day stays (engagement.retention).
NUMBERS_RAW_DAYS: int = env.int("NUMBERS_RAW_DAYS", 30)
NUMBERS_FINE_DAYS: int = env.int("NUMBERS_FINE_DAYS", 90)

# Watching --------------------------------------------------------------------------------------------------------------
# Told each minute that the ticker lives; whoever listens there raises the alarm when it falls silent.
DEAD_MAN_URL: str = env.str("DEAD_MAN_URL", "")
# Who may read /metrics and the words of /health/ready: these networks, or whoever sends the token.
METRICS_ALLOW: list[str] = env.list("METRICS_ALLOW", ["127.0.0.1/32", "::1/128"])
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "") or (
    Path(file).read_text().strip() if (file := env.str("METRICS_TOKEN_FILE", "")) else ""
)

# Files ---------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
MEDIA_ROOT = str(VAR / "media")
MEDIA_URL = "/files/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FFMPEG: str = env.str("HUSTINGS_FFMPEG", "")
FONTS = BASE_DIR / "media" / "fonts" / "dist"

# People --------------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ("access.backend.PersonBackend",)
AUTH_PASSWORD_VALIDATORS = (
    [
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
    ]
    if PRODUCTION
    else []
)
LOGIN_URL = "wagtailadmin_login"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

# Language and time ---------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")
WAGTAIL_USER_TIME_ZONES = [
    *sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "posix/", "right/"))),
    "UTC",
]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("en", "English")]

# Mail ----------------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    "django.core.mail.backends.smtp.EmailBackend"
    if PRODUCTION
    else "django.core.mail.backends.filebased.EmailBackend",
)
EMAIL_FILE_PATH = str(VAR / "mail")
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "hustings@localhost")

# Wagtail -------------------------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Hustings"
WAGTAILADMIN_RICH_TEXT_EDITORS = {"default": {"WIDGET": "cms.widgets.RichText"}}
WAGTAILIMAGES_IMAGE_MODEL = "cms.CampaignImage"
WAGTAILIMAGES_IMAGE_FORM_BASE = "cms.file_forms.PictureForm"
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp", "avif"]  # what media.pictures reads
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 30 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000
WAGTAILMEDIA = {
    "MEDIA_MODEL": "cms.CampaignMedia",
    "MEDIA_FORM_BASE": "cms.file_forms.VideoForm",
    "VIDEO_EXTENSIONS": ["mp4", "mov", "m4v", "webm", "mkv"],
    "AUDIO_EXTENSIONS": ["mp3", "m4a", "wav", "flac", "ogg"],
}
WAGTAILDOCS_EXTENSIONS = ["csv", "pdf", "txt", "vtt", "srt"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_MAX_UPLOAD_SIZE = 20 * 1024 * 1024
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAIL_FINISH_WORKFLOW_ACTION = "formats.workflow.finish"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
TAGGIT_CASE_INSENSITIVE = True

# Content Security Policy: strict outside the admin; config.csp says what the admin needs and why -----------------------
_SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [_SELF],
        "script-src": [_SELF],
        "style-src": [_SELF],
        "img-src": [_SELF, "data:", "blob:"],
        "media-src": [_SELF, "blob:"],
        "object-src": ["'none'"],
        "base-uri": [_SELF],
        "form-action": [_SELF],
        "frame-ancestors": [_SELF],
    }
}

# Networks ------------------------------------------------------------------------------------------------------------
# Where each network is. HUSTINGS_SANDBOX_URL (the demo and the tests set it) puts the sandbox in the place of all of
# them; a single address or app id can be set per network, for example NETWORK_X_API or NETWORK_X_CLIENT_ID.
# "{server}" stands for the account's own server, where a network has many; a person names it when connecting.
SANDBOX_URL: str = env.str("HUSTINGS_SANDBOX_URL", "").rstrip("/")
_ADDRESSES = {
    "x": {"api": "https://api.x.com", "authorize": "https://x.com"},
    "facebook": {
        "graph": "https://graph.facebook.com",
        "dialog": "https://www.facebook.com",
        "rupload": "https://rupload.facebook.com",
    },
    "tiktok": {
        "api": "https://open.tiktokapis.com",
        "authorize": "https://www.tiktok.com",
        "upload": "https://*.tiktokapis.com",  # TikTok names the host with each upload; there is one per region
    },
    "youtube": {
        "api": "https://youtube.googleapis.com",
        "upload": "https://www.googleapis.com",
        "authorize": "https://accounts.google.com",
        "token": "https://oauth2.googleapis.com",
        "analytics": "https://youtubeanalytics.googleapis.com",
        "site": "https://www.youtube.com",
    },
    "instagram": {
        "graph": "https://graph.instagram.com",
        "authorize": "https://www.instagram.com",
        "token": "https://api.instagram.com",
    },
    "linkedin": {
        "api": "https://api.linkedin.com",
        "authorize": "https://www.linkedin.com",  # uploads go there too
    },
    "whatsapp": {"graph": "https://graph.facebook.com", "site": "https://wa.me"},
    "threads": {"graph": "https://graph.threads.net", "authorize": "https://threads.net"},
    "mastodon": {"api": "{server}"},
    "bluesky": {
        "pds": "{server}",
        "app": "https://bsky.app",
        "appview": "https://public.api.bsky.app",
        "video": "https://video.bsky.app",
        "plc": "https://plc.directory",
    },
}
NETWORKS: dict[str, dict[str, str]] = {
    name: {
        part: env.str(
            f"NETWORK_{name}_{part}".upper(),
            f"{SANDBOX_URL}/{name}" if SANDBOX_URL and "{server}" not in address else address,
        ).rstrip("/")
        for part, address in addresses.items()
    }
    | {
        "client_id": env.str(f"NETWORK_{name}_CLIENT_ID".upper(), "sandbox-app" if SANDBOX_URL else ""),
        "client_secret": env.str(
            f"NETWORK_{name}_CLIENT_SECRET".upper(), "sandbox-secret" if SANDBOX_URL else ""
        ),
    }
    for name, addresses in _ADDRESSES.items()
}

# Hosts inside one's own network that addresses given by people may lead to, as host:port. None by default.
HUSTINGS_PRIVATE_HOSTS: list[str] = env.list("HUSTINGS_PRIVATE_HOSTS", [])

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "filters": {"once": {"()": "work.quiet.OncePerMinute"}},
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "PIL", "django_tasks")}
    | {"celery.worker.consumer.consumer": {"filters": ["once"]}},  # complains about each foreign message
}
