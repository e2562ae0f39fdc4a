"""Settings, read from the environment and `.env`; `.env.example` explains each."""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from accounts import secret_file
from chatsite.conf.env import BASE_DIR, MEGABYTE, choice, env, file_types, integer
from chatsite.conf.hosts import allowed_hosts
from chatsite.conf.languages import installed_languages
from chatsite.conf.redis import cache, channel_layer
from chatsite.conf.storages import storage_from_url

DEBUG = env.bool("DEBUG", False)
DATA_DIR = Path(env.str("DATA_DIR", "") or BASE_DIR / "data").absolute()
HOST = env.str("HOST", "127.0.0.1")
PORT = integer("PORT", 8000, most=65535)
WORKERS = integer("WORKERS", 1, most=64)
SITE_NAME = env.str("SITE_NAME", "Chatsite")
SITE_URL = env.str("SITE_URL", "").rstrip("/")
REGISTRATION = choice("REGISTRATION", "open", ("open", "invite", "closed"))
TRUSTED_PROXIES = env.str("TRUSTED_PROXIES", "")

try:
    SECRET_KEY = env.str("SECRET_KEY", "") or secret_file.read_or_create(DATA_DIR / "secret_key")
except OSError as error:
    raise ImproperlyConfigured(
        f"DATA_DIR={DATA_DIR} cannot hold the secret key: {error}. "
        "Make that folder writable, or set DATA_DIR or SECRET_KEY."
    ) from error

SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# -- addresses and HTTPS -----------------------------------------------------------------------

_site = urlsplit(SITE_URL)
if SITE_URL and (_site.scheme not in ("http", "https") or not _site.hostname):
    raise ImproperlyConfigured(f"SITE_URL={SITE_URL!r} must look like https://chat.example.org.")
ALLOWED_HOSTS = allowed_hosts(SITE_URL)
if HOST not in ("localhost", "127.0.0.1", "::1") and not (SITE_URL or env.list("ALLOWED_HOSTS", default=[])):
    raise ImproperlyConfigured(
        f"HOST={HOST} accepts connections from other machines. Set SITE_URL to the address of the site, "
        f"for example SITE_URL=http://192.168.1.5:{PORT}."
    )
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []
USE_HTTPS = _site.scheme == "https"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USE_HTTPS
SECURE_HSTS_SECONDS = integer("SECURE_HSTS_SECONDS", 31_536_000 if USE_HTTPS else 0, least=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = USE_HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", USE_HTTPS)
SECURE_SSL_HOST = _site.netloc if USE_HTTPS else None  # not the Host header's
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# -- applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",  # before staticfiles: provides the ASGI `runserver`
    "chatsite",
    "accounts",
    "rooms",
    "messaging",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
]

MIDDLEWARE = [
    "chatsite.middleware.NullCharacterMiddleware",  # before anything reads the URL
    "accounts.middleware.SiteURLMiddleware",  # before anything builds one
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.OriginMiddleware",
    "chatsite.middleware.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionActivityMiddleware",
    "accounts.middleware.FirstVisitorMiddleware",
]

ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chatsite.context_processors.site",
            ]
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- storage ------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", f"sqlite:///{DATA_DIR}/chatsite.sqlite3")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a deferred transaction that reads and then writes fails immediately if another has written in between.
    # FULL: an acknowledged post survives a power failure; NORMAL may lose the last commits.
    _database["OPTIONS"] = {
        "timeout": 10,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
    }
    _database["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    # Without a timeout, an unreachable host blocks a thread for minutes.
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
_database["CONN_MAX_AGE"] = integer("CONN_MAX_AGE", 600, least=0)
_database["CONN_HEALTH_CHECKS"] = True

REDIS_URL = env.str("REDIS_URL", "")
CHANNEL_LAYERS = {"default": channel_layer(REDIS_URL)}
CACHES = {"default": cache(REDIS_URL)}

MEDIA_ROOT = DATA_DIR / "media"
UPLOAD_ROOT = DATA_DIR / "uploads"  # incomplete uploads
MEDIA_INTERNAL = "/internal/media/"  # must match docs/nginx/
SEND_FILES = choice("SEND_FILES", "self", ("self", "nginx"))
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "chatsite.catalogs.CatalogFinder",
]
STORAGES = {
    "default": storage_from_url(env.str("MEDIA_URL", "")),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "servestatic.storage.CompressedManifestStaticFilesStorage",
        "OPTIONS": {"file_permissions_mode": 0o644},  # readable by nginx too
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = [
    "accounts.profile.upload_handler.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# -- accounts -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # usernames are unique by `username_key`
AUTHENTICATION_BACKENDS = ["accounts.auth.backends.NameOrEmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.auth.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_EMAIL_VERIFICATION = choice("EMAIL_VERIFICATION", "none", ("none", "optional", "mandatory"))
_email = "email*" if ACCOUNT_EMAIL_VERIFICATION == "mandatory" else "email"
ACCOUNT_SIGNUP_FIELDS = ["username*", _email, "password1*", "password2*"]
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before an email address is changed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # when a password or email address changes
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip"}  # the adapter limits what one address receives
ACCOUNT_FORMS = {
    "login": "accounts.forms.account.LoginForm",
    "signup": "accounts.forms.account.SignupForm",
    "change_password": "accounts.forms.account.ChangePasswordForm",
    "set_password": "accounts.forms.account.SetPasswordForm",
    "reauthenticate": "accounts.forms.account.ReauthenticateForm",
    "reset_password": "accounts.forms.account.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.account.ResetPasswordKeyForm",
    "add_email": "accounts.forms.account.AddEmailForm",
}
USERSESSIONS_TRACK_ACTIVITY = True
USERSESSIONS_ADAPTER = "accounts.auth.session_signals.SessionsAdapter"
_delivery = env.email_url("EMAIL_URL", "consolemail://")
vars().update(_delivery)
EMAIL_DELIVERY_BACKEND = _delivery["EMAIL_BACKEND"]
EMAIL_BACKEND = "accounts.mail.backend.QueueBackend"
EMAIL_TIMEOUT = 10  # seconds for each reply
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"chatsite@{_site.hostname or 'localhost'}")

# -- the chat -----------------------------------------------------------------------------------

CHAT_MAX_BODY = integer("CHAT_MAX_BODY", 8000, most=8000)
CHAT_MAX_CONNECTIONS = integer("CHAT_MAX_CONNECTIONS", 10_000)
CHAT_MAX_USERS = integer("CHAT_MAX_USERS", 0, least=0)
CHAT_RATE = integer("CHAT_RATE", 20, least=0)
CHAT_BURST = integer("CHAT_BURST", 200)
CHAT_IDLE_SECONDS = integer("CHAT_IDLE_SECONDS", 300)
CHAT_MAX_FILE = integer("CHAT_MAX_FILE_MB", 100) * MEGABYTE
CHAT_QUOTA = integer("CHAT_QUOTA_MB", 2_000, least=0) * MEGABYTE
CHAT_ALL_FILES = integer("CHAT_ALL_FILES_MB", 0, least=0) * MEGABYTE
CHAT_FREE = integer("CHAT_FREE_MB", 500, least=0) * MEGABYTE
CHAT_FILE_TYPES = file_types("CHAT_FILE_TYPES")
CHAT_FILE_TYPES_DENIED = file_types("CHAT_FILE_TYPES_DENIED")
CHAT_PAGE_SIZE = 50
CHAT_POLL_SECONDS = 3.0
AUDIT_DAYS = integer("AUDIT_DAYS", 365, least=0)
METRICS_TOKEN = env.str("METRICS_TOKEN", "")

# -- language and time --------------------------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", "en")
LOCALE_PATHS = [Path(folder) for folder in env.list("LOCALE_DIR", default=[])] + [BASE_DIR / "locale"]
LANGUAGES = installed_languages(LANGUAGE_CODE, LOCALE_PATHS)
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_I18N = USE_TZ = True

# -- logging ------------------------------------------------------------------------------------

LOG_LEVEL = choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")).upper()
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"outages": {"()": "live.outages.OutageFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["outages"], "stream": sys.stderr},
        "audit": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "chatsite.audit": {"handlers": ["audit"], "level": "INFO", "propagate": False},
    },
}
if CHAT_LOG_FILE := env.str("CHAT_LOG_FILE", ""):
    try:
        os.close(os.open(CHAT_LOG_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640))  # it contains IP addresses
    except OSError as error:
        raise ImproperlyConfigured(
            f"CHAT_LOG_FILE={CHAT_LOG_FILE} is not writable ({error.strerror}). "
            "Make its folder, writable for the server, or choose another file."
        ) from error
    LOGGING["handlers"]["audit"] = {"class": "logging.handlers.WatchedFileHandler", "filename": CHAT_LOG_FILE}
