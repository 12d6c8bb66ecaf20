"""What a published version is called in the file cache and in the addresses of its tiles."""

import hashlib

from django.db import connection

from layers.models import LayerVersion

# What is kept of a version is made in a new way: a new number, so that no cache mixes the two.
FORMAT = 1


def version_stamp(version: LayerVersion) -> str:
    """Return what tells this version from one of the same number in another database."""
    published = version.published_at.timestamp() if version.published_at else 0.0
    text = f"{connection.settings_dict['NAME']}/{version.pk}/{published:.6f}/{FORMAT}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]
