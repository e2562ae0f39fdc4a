"""Redis is killed, flushed or suspended; posting and reading continue without it."""

import asyncio
import signal

from tests.faults.cluster import on_clusters


@on_clusters("organization")
async def test_killed_redis_stops_neither_posting_nor_reading(cluster, run_workload, random, amount):
    async with run_workload() as workload:
        for _ in range(amount(1, 5)):
            await workload.until_posts(random.randrange(5, 30))
            cluster.redis.kill()
            await workload.until_all_post()
            await workload.until_all_caught_up()  # from the database, without Redis
            await asyncio.to_thread(cluster.redis.start)
            await workload.until_all_post()
        await workload.finish_and_check()


@on_clusters("organization")
async def test_flushed_redis_loses_nothing(cluster, run_workload, random, amount):
    async with run_workload() as workload:
        for _ in range(amount(2, 10)):
            await workload.until_posts(random.randrange(5, 30))
            cluster.redis.flush()
        await workload.until_all_post()
        await workload.finish_and_check()


@on_clusters("organization")
async def test_suspended_redis_stops_neither_posting_nor_reading(cluster, run_workload, amount):
    async with run_workload() as workload:
        cluster.redis.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(amount(6, 30))  # the fault
            await workload.until_all_post()
            await workload.until_all_caught_up()
        finally:
            cluster.redis.send_signal(signal.SIGCONT)
        await workload.until_all_post()
        await workload.finish_and_check()
