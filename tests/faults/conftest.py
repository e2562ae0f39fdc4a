"""Fixtures of the fault tests. By default each fault happens a few times; FAULTS=whole runs every test in full."""

import logging
import os
import resource
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

import pytest

from tests.faults import workload
from tests.faults.cluster import Cluster, embedded, organization

WHOLE = os.environ.get("FAULTS") == "whole"


def pytest_configure(config):
    config.addinivalue_line("markers", "whole: run only with FAULTS=whole")
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs each request
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))  # for thousands of sockets; inherited


def pytest_collection_modifyitems(config, items):
    """Deselect tests marked `whole` unless FAULTS=whole; they do not count as skipped."""
    deselected = [item for item in items if item.get_closest_marker("whole") and not WHOLE]
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if item not in deselected]


@pytest.fixture
def amount() -> Callable:
    """Return a function of two amounts, (short, whole), that picks the one for this run."""
    return lambda short, whole: whole if WHOLE else short


@pytest.fixture
def random(request) -> Random:
    """Random numbers that FAULTS_SEED reproduces: the seed is printed with a failure."""
    seed = os.environ.get("FAULTS_SEED") or str(Random().randrange(10**9))
    print(f"FAULTS_SEED={seed}")
    return Random(f"{seed} {request.node.name}")


@pytest.fixture(scope="session")
def _embedded(tmp_path_factory) -> Iterator[Cluster]:
    with embedded(tmp_path_factory.mktemp("embedded")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def _organization(tmp_path_factory) -> Iterator[Cluster]:
    with organization(tmp_path_factory.mktemp("organization")) as cluster:
        yield cluster


@pytest.fixture
def cluster(request) -> Iterator[Cluster]:
    """The deployment named by `@on_clusters(...)`."""
    cluster = request.getfixturevalue(f"_{request.param}")
    yield cluster
    cluster.restart_stopped()


@pytest.fixture
def run_workload(cluster, tmp_path, random) -> Callable:
    """`workload.run_workload` on this test's cluster, with its folder and random numbers."""
    return partial(workload.run_workload, cluster, tmp_path, random)
