"""Churn: members join and leave continually, and many clients reconnect simultaneously to a killed server."""

import asyncio
from random import Random

import httpx

from tests.faults.cluster import on_clusters
from tests.faults.workload import Workload

TOKEN = "a" * 32


@on_clusters("embedded", whole=("organization",))
async def test_joining_and_leaving_while_others_post_loses_nothing(cluster, run_workload, random, amount):
    async with run_workload(rooms=1, extra=amount(6, 20)) as workload:
        members = [workload.sessions.pop() for _ in range(amount(6, 20))]
        for session in members:
            workload.add_reader(session=session)
            workload.add_writer(session=session)
        await workload.until_all_connected()
        async with asyncio.timeout(240):
            await asyncio.gather(*(_join_and_leave(workload, session, random, amount(8, 50)) for session in members))
        await workload.finish_and_check()


async def _join_and_leave(workload: Workload, session: str, random: Random, times: int) -> None:
    """Leave and join in turn; the user may end up as a member or not."""
    url = f"http://127.0.0.1:{workload.cluster.port}/rooms/{workload.rooms[0]}/membership/"
    headers = {"X-CSRFToken": TOKEN, "X-Requested-With": "fetch"}
    cookies = {"sessionid": session, "csrftoken": TOKEN}
    async with httpx.AsyncClient(headers=headers, cookies=cookies, trust_env=False, timeout=60) as http:
        for turn in range(times + random.randrange(2)):
            response = await http.request("POST" if turn % 2 else "DELETE", url)
            assert response.status_code < 400, (response.status_code, response.text[:200])
            await asyncio.sleep(random.uniform(0, 0.3))


@on_clusters("embedded", whole=("organization",))
async def test_all_clients_reconnect_at_once_after_a_kill(cluster, run_workload, amount):
    count = amount(300, 2_000)
    async with run_workload(writers=2, rooms=1, extra=count, max_pause=2.0) as workload:
        for number in range(count):
            workload.add_reader(ping_interval=25)
            if number % 100 == 99:
                await workload.until_all_connected()
        await workload.until_all_connected()
        for _ in range(amount(1, 2)):
            for server in cluster.servers:
                server.kill()
            for server in cluster.servers:
                await asyncio.to_thread(server.start)
            await workload.until_all_post()
            await workload.until_all_caught_up()
        await workload.finish_and_check()
