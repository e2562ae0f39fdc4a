"""What the engine counts for Prometheus; docs/operations.md says what each means.

In a group of workers the files of PROMETHEUS_MULTIPROC_DIR hold the values of all of them, so that any one
answers for the whole group.
"""

import asyncio
import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from live.close_codes import REASONS

POST_RESULTS = ("stored", "repeated", "refused", "unavailable")
LAG_EVERY = 0.5

connections = Gauge("chatsite_connections", "Sockets that are open.", multiprocess_mode="livesum")
people_online = Gauge(
    "chatsite_people_online", "People with at least one socket, on all processes.", multiprocess_mode="livemax"
)
posts = Counter("chatsite_posts", "Posts by what became of them.", ["result"])
batch_size = Histogram(
    "chatsite_batch_posts", "Posts stored by one transaction.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
commit_seconds = Histogram(
    "chatsite_commit_seconds",
    "From handing a batch to the database to its commit.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
)
deliveries = Counter("chatsite_deliveries", "Events put into outboxes, each socket counted.")
repairs = Counter("chatsite_repairs", "Holes in a room's events that were filled from the database.")
drops = Counter("chatsite_dropped_sockets", "Sockets that the server closed.", ["reason"])
layer_errors = Counter("chatsite_layer_errors", "Events that the channel layer did not take or could not be read from.")
loop_lag_seconds = Histogram(
    "chatsite_loop_lag_seconds",
    "How much later than asked for the event loop came round.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)

for _result in POST_RESULTS:
    posts.labels(_result)  # a series that begins with 0 shows its first step too
for _reason in REASONS.values():
    drops.labels(_reason)


def as_text() -> str:
    """Return all metrics of this process, or of all its fellow workers, in Prometheus' text format."""
    registry = REGISTRY
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)
    return generate_latest(registry).decode()


async def measure_lag() -> None:
    """Observe the running loop until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY
        await asyncio.sleep(LAG_EVERY)
        loop_lag_seconds.observe(max(0.0, loop.time() - due))
