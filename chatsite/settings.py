"""Settings, read from the environment and `.env`; `.env.example` explains each."""

from csp.constants import NONCE, NONE, SELF

from chatsite.conf import addresses, database, email, files, languages, log, outgoing, push, redis
from chatsite.conf.env import (
    BASE_DIR,
    MEGABYTE,
    boolean,
    choice,
    file_types,
    integer,
    load_file,
    path,
    reject_misspelled_names,
    text,
    token,
)
from chatsite.conf.storages import storage_from_url

load_file()

DEBUG = boolean("DEBUG", False)
DATA_DIR = files.data_dir()
PORT = integer("PORT", 8000, most=65535)
WORKERS = integer("WORKERS", 1, most=64)
SITE_NAME = text("SITE_NAME")  # or else as set on a page
SITE_URL = addresses.site_url()
HOST = addresses.listening_host(SITE_URL, PORT)
REGISTRATION = choice("REGISTRATION", "", ("open", "invite", "closed"))  # likewise

# -- addresses and HTTPS -----------------------------------------------------------------------

ALLOWED_HOSTS = addresses.allowed_hosts(SITE_URL)
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []
# The server applies X-Forwarded-For and X-Forwarded-Proto of these proxies to each request. SECURE_PROXY_SSL_HEADER is
# not set, because Django would then trust that header from any client.
TRUSTED_PROXIES = addresses.trusted_proxies()
USE_HTTPS = SITE_URL.startswith("https:")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USE_HTTPS
SECURE_HSTS_SECONDS = integer("SECURE_HSTS_SECONDS", 31_536_000 if USE_HTTPS else 0, least=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = boolean("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = boolean("SECURE_HSTS_PRELOAD", False)
SECURE_SSL_REDIRECT = boolean("SECURE_SSL_REDIRECT", USE_HTTPS)
SECURE_SSL_HOST = SITE_URL.partition("//")[2] if USE_HTTPS else None  # instead of the Host header
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "accounts.auth.sessions"
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
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# -- applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",  # before staticfiles: provides the ASGI `runserver`
    "chatsite.apps.ChatsiteConfig",
    "accounts",
    "rooms",
    "messaging",
    "integrations",
    "chatsite.apps.SiteAdminConfig",
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
    "chatsite.middleware.InvalidRequestMiddleware",  # before anything reads the request
    "accounts.middleware.SiteURLMiddleware",  # before anything builds a URL
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "accounts.middleware.OriginMiddleware",
    "chatsite.middleware.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "chatsite.fragments.FragmentMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionActivityMiddleware",
    "accounts.middleware.FirstVisitorMiddleware",
]

ROOT_URLCONF = "chatsite.urls"
CSRF_FAILURE_VIEW = "chatsite.csrf.csrf_failure"
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

DATABASES = {"default": database.database(DATA_DIR)}
REDIS_URL = redis.redis_url()
CHANNEL_LAYERS = {"default": redis.channel_layer(REDIS_URL)}
CACHES = {"default": redis.cache(REDIS_URL)}

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
    "chatsite.bundles.BundleFinder",
    "chatsite.catalogs.CatalogFinder",
]
STORAGES = {
    "default": storage_from_url(text("MEDIA_URL")),
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
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # usernames are unique by `username_key`
    "security.W005",  # other sites on subdomains may lack HTTPS, so HSTS excludes them by default
    "security.W021",  # browsers keep a preloaded site for years
]
AUTHENTICATION_BACKENDS = ["accounts.auth.backends.NameOrEmailBackend"]
PASSWORD_HASHERS = [
    "accounts.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "accounts.auth.password_rules.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.auth.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_EMAIL_VERIFICATION = choice("EMAIL_VERIFICATION", "none", ("none", "optional", "mandatory"))
_email = "email*" if ACCOUNT_EMAIL_VERIFICATION == "mandatory" else "email"
ACCOUNT_SIGNUP_FIELDS = ["username*", _email, "password1*"]
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before an email address is changed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # when a password or email address changes
ACCOUNT_RATE_LIMITS = {
    "login": None,  # logins take turns by client address (chatsite.http.wsgi_bridge)
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip",  # the adapter limits emails per recipient
}
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
_delivery = email.delivery()
vars().update(_delivery)
EMAIL_DELIVERY_BACKEND: str = _delivery["EMAIL_DELIVERY_BACKEND"]
EMAIL_BACKEND = "accounts.mail.backend.QueueBackend"
EMAIL_TIMEOUT = 10  # seconds for each reply
DEFAULT_FROM_EMAIL = SERVER_EMAIL = email.sender(addresses.host_in_url(SITE_URL))

# -- the chat -----------------------------------------------------------------------------------

CHAT_MAX_BODY = integer("CHAT_MAX_BODY", 8000, most=8000)
CHAT_MAX_CONNECTIONS = integer("CHAT_MAX_CONNECTIONS", 10_000)
CHAT_MAX_CONNECTIONS_PER_PERSON = integer("CHAT_MAX_CONNECTIONS_PER_PERSON", 20, least=0)
CHAT_MAX_USERS = integer("CHAT_MAX_USERS", 0, least=0)
CHAT_RATE = integer("CHAT_RATE", 20, least=0)
CHAT_BURST = integer("CHAT_BURST", 200)
CHAT_ROOMS_PER_HOUR = integer("CHAT_ROOMS_PER_HOUR", 30, least=0)
CHAT_ADDITIONS_PER_HOUR = integer("CHAT_ADDITIONS_PER_HOUR", 200, least=0)
CHAT_INVITES_PER_HOUR = integer("CHAT_INVITES_PER_HOUR", 30, least=0)
CHAT_TOKENS_PER_PERSON = integer("CHAT_TOKENS_PER_PERSON", 25, least=0)
CHAT_BOTS_PER_PERSON = integer("CHAT_BOTS_PER_PERSON", 10, least=0)
CHAT_IDLE_SECONDS = integer("CHAT_IDLE_SECONDS", 300, most=86_400)
CHAT_MAX_FILE = integer("CHAT_MAX_FILE_MB", 100) * MEGABYTE
CHAT_QUOTA = integer("CHAT_QUOTA_MB", 2_000, least=0) * MEGABYTE
CHAT_ALL_FILES = integer("CHAT_ALL_FILES_MB", 0, least=0) * MEGABYTE
CHAT_FREE = integer("CHAT_FREE_MB", 500, least=0) * MEGABYTE
CHAT_FILE_TYPES = file_types("CHAT_FILE_TYPES")
CHAT_FILE_TYPES_DENIED = file_types("CHAT_FILE_TYPES_DENIED")
CHAT_PUSH_HOSTS = push.push_hosts()
CHAT_PUSH_KEY = push.push_key()
CHAT_OUTGOING_ALLOWED_HOSTS = outgoing.allowed_hosts("CHAT_OUTGOING_ALLOWED_HOSTS")
LINK_PREVIEWS = boolean("LINK_PREVIEWS", False)
LINK_PREVIEWS_ALLOWED_HOSTS = outgoing.allowed_hosts("LINK_PREVIEWS_ALLOWED_HOSTS")
CHAT_PAGE_SIZE = 50
CHAT_POLL_SECONDS = 3.0
AUDIT_DAYS = integer("AUDIT_DAYS", 365, least=0, most=36_500)
METRICS_TOKEN = token("METRICS_TOKEN")

# -- language and time --------------------------------------------------------------------------

LOCALE_PATHS = languages.locale_paths()
LANGUAGE_CODE = languages.language_code(LOCALE_PATHS)
LANGUAGES = languages.installed_languages(LANGUAGE_CODE, LOCALE_PATHS)
TIME_ZONE = languages.time_zone()
USE_I18N = USE_TZ = True

# -- files, created only if all settings are valid ---------------------------------------------

LOG_LEVEL = choice("LOG_LEVEL", "info", log.LEVELS).upper()
CHAT_LOG_FILE = path("CHAT_LOG_FILE")
SECRET_KEY = files.secret_key()
SECRET_KEY_FALLBACKS = files.earlier_secret_keys()
reject_misspelled_names()
files.create_audit_file(CHAT_LOG_FILE)
SECRET_KEY = SECRET_KEY or files.stored_secret_key(DATA_DIR)
LOGGING = log.logging_config(LOG_LEVEL, CHAT_LOG_FILE)
