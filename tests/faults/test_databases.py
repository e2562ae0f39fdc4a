"""The database crashes, or another program locks it; the writers recover on their own."""

import asyncio

import pytest

from tests.faults.cluster import on_clusters


@on_clusters("organization")
async def test_posting_continues_after_postgres_recovers(cluster, run_workload, random, amount):
    async with run_workload() as workload:
        for _ in range(amount(1, 5)):
            await workload.until_posts(random.randrange(5, 40))
            await asyncio.to_thread(cluster.postgres.crash)
            await asyncio.to_thread(cluster.postgres.start)
            await workload.until_all_post()
        await workload.finish_and_check()


@on_clusters("organization", whole=())
async def test_posting_continues_after_an_outage_of_postgres(cluster, run_workload, amount):
    async with run_workload() as workload:
        await asyncio.to_thread(cluster.postgres.crash)
        await asyncio.sleep(amount(5, 20))  # the fault
        await asyncio.to_thread(cluster.postgres.start)
        await workload.until_all_post()
        await workload.finish_and_check()


@on_clusters("embedded")
@pytest.mark.parametrize(
    "seconds", [3, pytest.param(10, marks=pytest.mark.whole), pytest.param(40, marks=pytest.mark.whole)]
)
async def test_posting_continues_after_another_program_unlocks_sqlite(cluster, run_workload, seconds):
    async with run_workload() as workload:
        with cluster.database.exclusive_lock():
            before = workload.acked
            await asyncio.sleep(seconds)  # the fault
            assert workload.acked <= before + len(workload.writers) * len(workload.rooms), (
                "the locked database was written to"
            )
        await workload.until_all_post()
        await workload.finish_and_check()
        if seconds > 20:  # longer than SQLite's busy timeout
            assert any("unavailable" in writer.responses for writer in workload.writers), workload.summary()
