"""People whose lines are slow, or who read nothing at all, harm themselves alone."""

import asyncio
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from live.close_codes import TOO_SLOW
from tests.faults.proxy import proxy
from tests.faults.sites import on
from tests.faults.workload import Scene, scene
from tests.waiting import until

MEGABYTE = 1 << 20
DROPPED = 'chatsite_dropped_sockets_total{reason="slow"}'
LONG = " and so on" * 400


@on("embedded", whole=("organisation",))
async def test_readers_at_one_kilobyte_a_second(cluster, tmp_path, random, dose):
    count = dose(25, 100)
    async with proxy(cluster.port) as way, scene(cluster, tmp_path, random, rooms=1, extra=count, padding=LONG) as play:
        fast = list(play.readers)
        slow = [play.add_reader(way.socket_url) for _ in range(count)]
        await play.until_all_are_in()
        before = sum(server.memory for server in cluster.servers)
        way.rate = 1024.0
        await play.progress(dose(300, 600))
        await play.until_all_read(*fast)
        assert sum(server.memory for server in cluster.servers) - before < 400 * MEGABYTE
        way.rate = None
        way.cut()
        await play.settle()
        assert all(reader.known(play.rooms[0]) for reader in slow)


@on("embedded", whole=("organisation",))
async def test_one_who_reads_nothing_and_goes_on_sending_is_let_go(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random, rooms=1, extra=1, padding=LONG, pace=0.01) as play:
        before = [server.memory for server in cluster.servers]
        dropped = [server.metric(DROPPED) for server in cluster.servers]
        async with asyncio.timeout(120):
            code = await _send_and_never_read(play)
        assert code in (TOO_SLOW, 1006)  # a line that takes nothing more cannot always be told why
        assert sum(server.metric(DROPPED) for server in cluster.servers) > sum(dropped)
        grown = [server.memory - was for server, was in zip(cluster.servers, before, strict=True)]
        assert max(grown) < 64 * MEGABYTE
        await play.settle()


async def _send_and_never_read(play: Scene) -> int | None:
    """Ping until the server has let go of the line; return the close code that was waiting, or 1006."""
    headers = {"Cookie": f"sessionid={play.sessions.pop()}"}
    async with connect(
        play.cluster.socket_url, additional_headers=headers, max_queue=(1, 0), ping_interval=None, proxy=None
    ) as socket:
        user = json.loads(await socket.recv())[0]["user"]["id"]
        here = play.cluster.database.people_here
        await until(lambda: user in here(play.rooms), "it is here")
        try:
            while user in await asyncio.to_thread(here, play.rooms):
                await socket.send(json.dumps({"type": "ping", "ref": "1"}))
                await asyncio.sleep(0.1)  # its pace: ten pings a second
            async for _ in socket:
                pass
        except ConnectionClosed:
            pass
        return socket.close_code
