"""Many processes share the tests and the machine: a shared city is loaded in one of them only."""

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="runs in one process")
def test_the_runner_keeps_the_tests_of_one_file_or_city_in_one_process(request):
    # a runner that no longer knows groups loads each city once a process, silently
    assert request.node.nodeid.endswith("@tests/test_runner.py")
