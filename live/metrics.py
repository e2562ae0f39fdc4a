"""Prometheus metrics of the engine; docs/operations.md explains each.

With several workers, the files in PROMETHEUS_MULTIPROC_DIR hold the values of all of them, so each reports totals.
"""

import asyncio
import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from live.close_codes import REASONS

POST_RESULTS = ("stored", "repeated", "refused", "unavailable")
LAG_INTERVAL = 0.5

connections = Gauge("chatsite_connections", "Open sockets.", multiprocess_mode="livesum")
people_online = Gauge(
    "chatsite_people_online", "People with at least one socket, on all processes.", multiprocess_mode="livemax"
)
posts = Counter("chatsite_posts", "Posts by result.", ["result"])
batch_size = Histogram("chatsite_batch_posts", "Posts stored in one transaction.", buckets=(1, 4, 16, 64, 256, 1_000))
commit_seconds = Histogram(
    "chatsite_commit_seconds",
    "Time from sending a batch to the database to its commit.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
)
deliveries = Counter("chatsite_deliveries", "Events added to outboxes, counted for each socket.")
repairs = Counter("chatsite_repairs", "Gaps in a room's events that were filled from the database.")
drops = Counter("chatsite_dropped_sockets", "Sockets closed by the server.", ["reason"])
free_bytes = Gauge("chatsite_free_bytes", "Free space on the disk of DATA_DIR.", multiprocess_mode="livemostrecent")
layer_errors = Counter("chatsite_layer_errors", "Failed reads and writes of the channel layer.")
loop_lag_seconds = Histogram(
    "chatsite_loop_lag_seconds",
    "Delay of the event loop beyond the time a callback was scheduled for.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)

for _result in POST_RESULTS:
    posts.labels(_result)  # start at 0, so that the first increase is visible
for _reason in REASONS.values():
    drops.labels(_reason)


def render() -> str:
    """Return the metrics of this process, or of all workers, in Prometheus' text format."""
    registry = REGISTRY
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)
    return generate_latest(registry).decode()


async def measure_lag() -> None:
    """Measure the lag of the running loop until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_INTERVAL
        await asyncio.sleep(LAG_INTERVAL)
        loop_lag_seconds.observe(max(0.0, loop.time() - due))
