"""The clock is set back an hour: nothing about order or delivery may hang on it."""

import asyncio
import signal

from tests.faults.sites import on
from tests.faults.workload import scene


@on("embedded", whole=("organisation",))
async def test_a_clock_is_set_back_an_hour(cluster, tmp_path, random, dose):
    server = cluster.servers[0]
    async with server.as_another(module="tests.faults.skewed_server"), scene(cluster, tmp_path, random) as play:
        await play.progress(dose(20, 200))
        server.send(signal.SIGUSR1)
        await play.progress(dose(50, 500))
        await play.until_all_write()
        await play.until_all_read()
        late = play.add_reader(session=play.readers[0].session)  # comes in under the other clock
        await play.until_all_read(late)
        await play.settle()
        times = await asyncio.to_thread(cluster.database.times, play.rooms)
        assert min(times) < times[0], "the clock was not set back"
