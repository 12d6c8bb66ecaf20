"""Settings of one Krong deployment: everything in this file, every choice from the environment."""

import os
import secrets
from pathlib import Path

from config import gdal
from config.cluster import database_settings

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("KRONG_VAR", BASE_DIR / "var"))
VAR_DIR.mkdir(parents=True, exist_ok=True)

_LIBRARIES = gdal.configure()
GDAL_LIBRARY_PATH = _LIBRARIES.get("GDAL_LIBRARY_PATH")
GEOS_LIBRARY_PATH = _LIBRARIES.get("GEOS_LIBRARY_PATH")

# The one metric CRS in which this deployment stores and measures; fixed before the first migrate.
KRONG_SRID = int(os.environ.get("KRONG_SRID", "32648"))
# Indian 1960 to WGS 84 [m]; EPSG knows no operation for Cambodia, so none is assumed.
KRONG_DATUM_SHIFT_3148 = os.environ.get("KRONG_DATUM_SHIFT_3148", "")
# How wide an overlap or gap between areas may be before it counts [m]: a default without legal
# force, to be set by the city from the accuracy of its survey; each layer may state its own.
KRONG_TOPOLOGY_TOLERANCE_M = float(os.environ.get("KRONG_TOPOLOGY_TOLERANCE_M", "0.05"))


def _secret_key() -> str:
    """Return the deployment's secret, made once and kept beside its data."""
    if key := os.environ.get("KRONG_SECRET_KEY"):
        return key
    path = VAR_DIR / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("KRONG_DEBUG", "") == "1"
ALLOWED_HOSTS = os.environ.get("KRONG_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("KRONG_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django_tasks_db",
    "leaflet",
    "layers",
    "conflicts",
    "scenarios",
    "planning",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.statement_limit.StatementLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.errors.UserFacingErrorMiddleware",
    "config.errors.ContentSecurityPolicyMiddleware",
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
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Map tiles of published versions never change: kept as files, shared by all workers.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "tiles": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / "cache" / "tiles",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}
# Drawn tiles, bounded: what was used longest ago goes first.
KRONG_TILE_FOLDER = VAR_DIR / "cache" / "drawn"
KRONG_TILE_CACHE_MB = int(os.environ.get("KRONG_TILE_CACHE_MB", "2000"))
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "map"
LOGOUT_REDIRECT_URL = "map"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# Khmer first; English only when the reader chooses it.
LANGUAGE_CODE = "km"
LANGUAGES = [("km", "ខ្មែរ"), ("en", "English")]
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
TIME_ZONE = "Asia/Phnom_Penh"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
# Browser libraries are copied here by name and exact version at set-up.
VENDOR_DIR = BASE_DIR / "var" / "vendor"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"] + (
    [("vendor", VENDOR_DIR)] if VENDOR_DIR.is_dir() else []
)
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# The page of the city profile has three fields for each class: a thousand are soon passed.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# Files brought in to be imported. A million building footprints are half a gigabyte (measured).
KRONG_UPLOAD_DIR = VAR_DIR / "uploads"
KRONG_UPLOAD_MAX_MB = int(os.environ.get("KRONG_UPLOAD_MAX_MB", "1024"))
# The most that is kept of one download while its reader takes it: a bound for the disk.
KRONG_EXPORT_MAX_MB = int(os.environ.get("KRONG_EXPORT_MAX_MB", "8192"))
KRONG_UPLOAD_KEEP_DAYS = int(os.environ.get("KRONG_UPLOAD_KEEP_DAYS", "7"))

# Leaflet itself comes from var/vendor, tiles from this server: nothing is asked of the outside.
LEAFLET_CONFIG = {"TILES": [], "RESET_VIEW": False, "NO_GLOBALS": True, "SCALE": "metric"}

SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # rasterio repeats for every skipped GDAL driver (config/gdal.py) that it is not there
    "loggers": {"rasterio._env": {"level": "ERROR"}},
}
