"""The database goes and comes back, or is held by somebody else; the writers recover by themselves."""

import asyncio

import pytest

from tests.faults.sites import on
from tests.faults.workload import scene


@on("organisation")
async def test_postgres_falls_over_and_recovers(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random) as play:
        for _ in range(dose(1, 5)):
            await play.progress(random.randrange(5, 40))
            await asyncio.to_thread(cluster.postgres.fall_over)
            await asyncio.to_thread(cluster.postgres.start)
            await play.until_all_write()
        await play.settle()


@on("organisation", whole=())
async def test_postgres_stays_away_for_a_while(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random) as play:
        await asyncio.to_thread(cluster.postgres.fall_over)
        await asyncio.sleep(dose(5, 20))  # the fault
        await asyncio.to_thread(cluster.postgres.start)
        await play.until_all_write()
        await play.settle()


@on("embedded")
@pytest.mark.parametrize(
    "seconds", [3, pytest.param(10, marks=pytest.mark.whole), pytest.param(40, marks=pytest.mark.whole)]
)
async def test_another_program_holds_the_database(cluster, tmp_path, random, seconds):
    async with scene(cluster, tmp_path, random) as play:
        with cluster.database.locked():
            before = play.acked
            await asyncio.sleep(seconds)  # the fault
            assert play.acked <= before + len(play.writers) * len(play.rooms), "what was held was written to"
        await play.until_all_write()
        await play.settle()
        if seconds > 20:  # SQLite waits so long by itself
            assert any("unavailable" in writer.answers for writer in play.writers), play.tally()
