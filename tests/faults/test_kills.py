"""Servers die by kill -9 at random moments, or are restarted in good order, while people write and read."""

import asyncio

from tests.faults.sites import on
from tests.faults.workload import scene


@on("embedded", "organisation")
async def test_a_server_is_killed_at_random_moments(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random) as play:
        for _ in range(dose(3, 20)):
            await play.progress(random.randrange(3, 60))
            server = random.choice(cluster.servers)
            server.kill()
            server.begin()
        for server in cluster.servers:
            await asyncio.to_thread(server.wait_ready)
        await play.until_all_write()
        await play.settle()


@on("organisation", whole=("embedded",))
async def test_servers_are_restarted_one_after_the_other(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random) as play:
        for server in cluster.servers * dose(1, 3):
            assert await server.restart() == 0
            await play.until_all_write()
        await play.settle()
