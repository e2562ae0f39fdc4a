"""Clients that read slowly, or not at all, do not affect others."""

import asyncio
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from live.close_codes import TOO_SLOW
from tests.faults.cluster import on_clusters
from tests.faults.proxy import proxy_to
from tests.faults.workload import Workload
from tests.waiting import until

MEGABYTE = 1 << 20
DROPPED = 'chatsite_dropped_sockets_total{reason="slow"}'
PADDING = " and so on" * 400


@on_clusters("embedded", whole=("organization",))
async def test_slow_readers_delay_no_one_else(cluster, run_workload, amount):
    count = amount(25, 100)
    async with proxy_to(cluster.port) as proxy, run_workload(rooms=1, extra=count, padding=PADDING) as workload:
        fast = list(workload.readers)
        slow = [workload.add_reader(proxy.socket_url) for _ in range(count)]
        await workload.until_all_connected()
        before = sum(server.memory for server in cluster.servers)
        proxy.bytes_per_second = 1024.0
        await workload.until_posts(amount(300, 600))
        await workload.until_all_caught_up(*fast)
        assert sum(server.memory for server in cluster.servers) - before < 400 * MEGABYTE
        proxy.bytes_per_second = None
        proxy.disconnect_all()
        await workload.finish_and_check()
        assert all(reader.version_of(workload.rooms[0]) for reader in slow)


@on_clusters("embedded", whole=("organization",))
async def test_client_that_sends_but_never_reads_is_disconnected(cluster, run_workload, amount):
    async with run_workload(rooms=1, extra=1, padding=PADDING, max_pause=0.01) as workload:
        before = [server.memory for server in cluster.servers]
        dropped = [server.metric(DROPPED) for server in cluster.servers]
        async with asyncio.timeout(120):
            code = await _send_and_never_read(workload)
        assert code in (TOO_SLOW, 1006)  # the close frame may not fit into a full connection
        assert sum(server.metric(DROPPED) for server in cluster.servers) > sum(dropped)
        grown = [server.memory - bytes_before for server, bytes_before in zip(cluster.servers, before, strict=True)]
        assert max(grown) < 64 * MEGABYTE
        await workload.finish_and_check()


async def _send_and_never_read(workload: Workload) -> int | None:
    """Ping until the server drops the connection; return the close code that it sent, or 1006."""
    headers = {"Cookie": f"sessionid={workload.sessions.pop()}"}
    async with connect(
        workload.cluster.socket_url, additional_headers=headers, max_queue=(1, 0), ping_interval=None, proxy=None
    ) as socket:
        user = json.loads(await socket.recv())[0]["user"]["id"]
        connections = workload.cluster.database.connection_counts
        await until(lambda: user in connections(workload.rooms), "it is connected")
        try:
            while user in await asyncio.to_thread(connections, workload.rooms):
                await socket.send(json.dumps({"type": "ping", "ref": "1"}))
                await asyncio.sleep(0.1)  # ten pings per second
            async for _ in socket:
                pass
        except ConnectionClosed:
            pass
        return socket.close_code
