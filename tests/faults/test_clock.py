"""The clock goes back an hour: neither order nor delivery may depend on it."""

import asyncio
import signal

from tests.faults.cluster import on_clusters


@on_clusters("embedded", whole=("organization",))
async def test_clock_set_back_an_hour_loses_nothing(cluster, run_workload, amount):
    server = cluster.servers[0]
    async with server.reconfigured(module="tests.faults.skewed_server"), run_workload() as workload:
        await workload.until_posts(amount(20, 200))
        server.send_signal(signal.SIGUSR1)
        await workload.until_posts(amount(50, 500))
        await workload.until_all_post()
        await workload.until_all_caught_up()
        newcomer = workload.add_reader(session=workload.readers[0].session)  # connects after the change
        await workload.until_all_caught_up(newcomer)
        await workload.finish_and_check()
        times = await asyncio.to_thread(cluster.database.creation_times, workload.rooms)
        assert min(times) < times[0], "the clock was not set back"
