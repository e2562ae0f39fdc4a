"""Many at once: a join and leave storm, and everybody coming back to a server that was killed."""

import asyncio
from random import Random

import httpx

from tests.faults.sites import on
from tests.faults.workload import Scene, scene

TOKEN = "a" * 32


@on("embedded", whole=("organisation",))
async def test_people_join_and_leave_while_others_write(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random, rooms=1, extra=dose(6, 20)) as play:
        guests = [play.sessions.pop() for _ in range(dose(6, 20))]
        for session in guests:
            play.add_reader(session=session)
            play.add_writer(session=session)
        await play.until_all_are_in()
        async with asyncio.timeout(240):
            await asyncio.gather(*(_come_and_go(play, session, random, dose(8, 50)) for session in guests))
        await play.settle()


async def _come_and_go(play: Scene, session: str, random: Random, times: int) -> None:
    """Ends inside or outside; either way the pages must know it."""
    url = f"http://127.0.0.1:{play.cluster.port}/rooms/{play.rooms[0]}/membership/"
    headers = {"X-CSRFToken": TOKEN, "X-Requested-With": "fetch"}
    cookies = {"sessionid": session, "csrftoken": TOKEN}
    async with httpx.AsyncClient(headers=headers, cookies=cookies, trust_env=False, timeout=60) as http:
        for turn in range(times + random.randrange(2)):
            answer = await http.request("POST" if turn % 2 else "DELETE", url)
            assert answer.status_code < 400, (answer.status_code, answer.text[:200])
            await asyncio.sleep(random.uniform(0, 0.3))


@on("embedded", whole=("organisation",))
async def test_all_come_back_at_once(cluster, tmp_path, random, dose):
    count = dose(300, 2_000)
    async with scene(cluster, tmp_path, random, writers=2, rooms=1, extra=count, pace=2.0) as play:
        for place in range(count):
            play.add_reader(pulse=25)
            if place % 100 == 99:
                await play.until_all_are_in()
        await play.until_all_are_in()
        for _ in range(dose(1, 2)):
            for server in cluster.servers:
                server.kill()
            for server in cluster.servers:
                await asyncio.to_thread(server.start)
            await play.until_all_write()
            await play.until_all_read()
        await play.settle()
