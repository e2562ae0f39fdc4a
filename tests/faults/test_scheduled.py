"""Servers are killed (SIGKILL) at random moments while they post scheduled messages."""

import subprocess
import sys
import time

from tests.faults.cluster import Cluster, on_clusters
from tests.waiting import wait_until

LONGEST = 120  # seconds: a message whose server was killed is tried again after 30


@on_clusters("embedded", "organization")
def test_each_scheduled_message_is_posted_once(cluster, random, amount):
    rooms = cluster.populate(users=6, rooms=2)["rooms"]
    count = amount(300, 2_000)
    run(cluster, count, rooms)
    for _ in range(amount(3, 20)):
        # No state is waited for, because a server may die in any. The result must be the same whenever it does, also if it had
        # nothing to do. The range covers the server's start, its first look for due messages after a second, and some of its posts.
        time.sleep(random.uniform(0.3, 1.5))
        server = random.choice(cluster.servers)
        server.kill()
        server.spawn()
    for server in cluster.servers:
        server.wait_ready()
    wait_until(lambda: run(cluster, 0, rooms) == 0, "all are posted", seconds=LONGEST)
    bodies = [message.body for room in cluster.database.rooms(rooms) for message in room.messages]
    assert sorted(bodies) == sorted(f"Scheduled *{number}*" for number in range(count))


def run(cluster: Cluster, count: int, rooms: list[int]) -> int:
    """Schedule messages, and return the number of those that are left."""
    command = [sys.executable, "-m", "tests.faults.schedule", str(count), *map(str, rooms)]
    done = subprocess.run(command, capture_output=True, text=True, **cluster.servers[0].options())
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])
