"""Redis goes and comes back; posting and reading go on without it."""

import asyncio
import signal

from tests.faults.sites import on
from tests.faults.workload import scene


@on("organisation")
async def test_redis_is_killed_and_comes_back(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random) as play:
        for _ in range(dose(1, 5)):
            await play.progress(random.randrange(5, 30))
            cluster.redis.kill()
            await play.until_all_write()
            await play.until_all_read()  # from the database, without Redis
            await asyncio.to_thread(cluster.redis.start)
            await play.until_all_write()
        await play.settle()


@on("organisation")
async def test_redis_forgets_everything(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random) as play:
        for _ in range(dose(2, 10)):
            await play.progress(random.randrange(5, 30))
            cluster.redis.flush()
        await play.until_all_write()
        await play.settle()


@on("organisation")
async def test_redis_stands_still_and_goes_on(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random) as play:
        cluster.redis.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(dose(6, 30))  # the fault
            await play.until_all_write()
            await play.until_all_read()
        finally:
            cluster.redis.send(signal.SIGCONT)
        await play.until_all_write()
        await play.settle()
