"""Servers are killed (SIGKILL) at random moments or restarted gracefully while clients post and read."""

import asyncio

from tests.faults.cluster import on_clusters


@on_clusters("embedded", "organization")
async def test_servers_killed_at_random_moments_lose_nothing(cluster, run_workload, random, amount):
    async with run_workload() as workload:
        for _ in range(amount(3, 20)):
            await workload.until_posts(random.randrange(3, 60))
            server = random.choice(cluster.servers)
            server.kill()
            server.spawn()
        for server in cluster.servers:
            await asyncio.to_thread(server.wait_ready)
        await workload.until_all_post()
        await workload.finish_and_check()


@on_clusters("organization", whole=("embedded",))
async def test_rolling_restart_loses_nothing(cluster, run_workload, amount):
    async with run_workload() as workload:
        for server in cluster.servers * amount(1, 3):
            assert await server.restart() == 0
            await workload.until_all_post()
        await workload.finish_and_check()
