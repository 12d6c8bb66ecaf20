"""The WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import DEFAULT_DB_ALIAS, connections

# A new session costs 40 ms before its first answer: it reads the catalogue of PostGIS anew.
SESSION_KEPT_S = 60

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_wsgi_application()
# after the settings: what it stands on asks for them
from config.quick_pages import QuickPages  # noqa: E402

application = QuickPages(pages)
connections[DEFAULT_DB_ALIAS].settings_dict["CONN_MAX_AGE"] = SESSION_KEPT_S
