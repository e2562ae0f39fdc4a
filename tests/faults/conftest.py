"""Two forms of the same faults: the short one touches each once; FAULTS=whole does all of it."""

import logging
import os
import resource
from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.faults.cluster import Cluster, embedded, organisation

WHOLE = os.environ.get("FAULTS") == "whole"


def pytest_configure(config):
    config.addinivalue_line("markers", "whole: only in the fault tests' whole form")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would tell of each request
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # thousands of sockets; servers inherit it


def pytest_collection_modifyitems(config, items):
    """Without a word: what the short form leaves out is no test that was skipped."""
    left_out = [item for item in items if item.get_closest_marker("whole") and not WHOLE]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def dose() -> Callable:
    """`dose(short, whole)`: how much of it this run does."""
    return lambda short, whole: whole if WHOLE else short


@pytest.fixture
def random(request) -> Random:
    """Random moments that can be had again: the seed is printed with a failure, FAULTS_SEED brings it back."""
    seed = os.environ.get("FAULTS_SEED") or str(Random().randrange(10**9))
    print(f"FAULTS_SEED={seed}")
    return Random(f"{seed} {request.node.name}")


@pytest.fixture(scope="session")
def _embedded(tmp_path_factory) -> Iterator[Cluster]:
    with embedded(tmp_path_factory.mktemp("embedded")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def _organisation(tmp_path_factory) -> Iterator[Cluster]:
    with organisation(tmp_path_factory.mktemp("organisation")) as cluster:
        yield cluster


@pytest.fixture
def cluster(request) -> Iterator[Cluster]:
    """The site named by `@on(...)`."""
    cluster = request.getfixturevalue(f"_{request.param}")
    yield cluster
    cluster.heal()
