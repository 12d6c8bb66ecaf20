"""Two people at work, in English."""

import pytest
from django.contrib.auth.models import User
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def dara(db):
    return User.objects.create_user("dara")


@pytest.fixture
def sophea(db):
    return User.objects.create_user("sophea")
