"""The grid beside the layers of features, as the other tests of the standards have it."""

from tests.standards.conftest import terrain  # noqa: F401 - a fixture
