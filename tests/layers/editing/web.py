"""A program that edits over HTTP, as the map editor does."""

import json

from django.contrib.auth.models import Permission
from django.test import Client
from shapely.geometry import mapping

from layers.crs import to_wgs84


def allowed(user, *names):
    found = Permission.objects.filter(codename__in=names, content_type__app_label="layers")
    user.user_permissions.add(*found)
    return type(user).objects.get(pk=user.pk)


class Editor:
    """One signed-in person; ``base`` is the address all paths start with."""

    def __init__(self, user=None, base="", **options):
        self.client, self.base = Client(**options), base
        if user is not None:
            self.client.force_login(user)

    def ask(self, method, path, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            f"{self.base}{path}{'&' if '?' in path else '?'}lang=en",
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers=named,
        )

    def told(self, method, path, body=None, status=200, **headers):
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code == status, answer.content.decode()[:600]
        return answer.json()


def geojson(shape):
    return mapping(to_wgs84(shape))


def drawn(shape, **facts):
    return {"type": "Feature", "geometry": geojson(shape), "properties": {}} | facts
