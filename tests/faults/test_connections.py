"""Connections that lose responses, stay half-open, reorder events, or carry a post more than once."""

import asyncio
import uuid

from tests.faults.client import Client, Event
from tests.faults.cluster import on_clusters
from tests.faults.observations import Log
from tests.faults.proxy import proxy_to
from tests.faults.workload import Workload
from tests.faults.writer import RETRYABLE
from tests.waiting import until


@on_clusters("embedded", whole=("organization",))
async def test_post_with_a_lost_response_is_stored_once(cluster, run_workload, amount):
    async with proxy_to(cluster.port) as proxy, run_workload(writers=2, extra=1) as workload:
        unlucky = workload.add_writer(proxy.socket_url, max_pause=0.02, change_rate=0)
        for _ in range(amount(5, 30)):
            await workload.until_all_post()
            proxy.drop_responses = True
            await until(
                lambda: unlucky.in_flight & cluster.database.client_ids(workload.rooms),
                "a post is stored without a response",
            )
            welcomes = unlucky.welcomes
            proxy.disconnect_all()
            proxy.drop_responses = False
            # A response may have come before the connection broke.
            await until(lambda before=welcomes: unlucky.welcomes > before, "it has reconnected")
        await workload.until_all_post()
        await workload.finish_and_check()


@on_clusters("embedded", whole=("organization",))
async def test_posts_of_half_open_connections_are_stored_once(cluster, run_workload, amount):
    """Posts held in half-open connections arrive after their writers resent them on new ones."""
    async with proxy_to(cluster.port) as proxy, run_workload(writers=2, readers=2, extra=4) as workload:
        short_timeouts = {"ping_interval": 0.5, "ping_timeout": 1.0}
        clients = [workload.add_writer(proxy.socket_url, **short_timeouts) for _ in range(2)]
        clients += [workload.add_reader(proxy.socket_url, **short_timeouts) for _ in range(2)]
        await workload.until_all_connected()
        for _ in range(amount(3, 15)):
            await workload.until_all_post()
            welcomes = {client: client.welcomes for client in clients}
            proxy.stall()
            await until(
                lambda w=welcomes: all(client.welcomes > count for client, count in w.items()), workload.summary
            )
            await workload.until_all_post()
            proxy.resume()
        await workload.finish_and_check()


@on_clusters("embedded", "organization")
async def test_post_sent_ten_times_at_once_is_stored_once(cluster, run_workload, amount):
    async with run_workload(writers=1, extra=1) as workload:
        clients = await _clients_of_one_user(workload, 10)
        log = workload.logs[-1]
        for number in range(amount(10, 100)):
            post = {"room": workload.rooms[0], "client_id": str(uuid.uuid4()), "body": f"ten times {number}"}
            log.write("tried", sender=clients[0].welcome["user"]["id"], **post)
            responses = await asyncio.gather(*(_call_until_final(client, post) for client in clients))
            assert len({_position(response["message"]) for response in responses}) == 1
            log.write("acked", client_id=post["client_id"], **dict(_position(responses[0]["message"])))
        await workload.finish_and_check()


@on_clusters("organization", whole=("embedded",))
async def test_two_posts_with_one_client_id_at_once_conflict(cluster, run_workload, amount):
    """One is stored and the other refused, regardless of which process each reaches."""
    async with run_workload(writers=1, extra=1) as workload:
        clients = await _clients_of_one_user(workload, 2)
        log = workload.logs[-1]
        for number in range(amount(10, 100)):
            key = {"room": workload.rooms[0], "client_id": str(uuid.uuid4())}
            posts = [{**key, "body": f"{text} {number}"} for text in ("heads", "tails")]
            responses = await asyncio.gather(
                *(_call_until_final(client, post) for client, post in zip(clients, posts, strict=True))
            )
            assert sorted(response.get("code", "ok") for response in responses) == ["conflict", "ok"], responses
            stored = next(index for index, response in enumerate(responses) if response["type"] == "ok")
            log.write("tried", sender=clients[0].welcome["user"]["id"], **posts[stored])
            log.write("acked", client_id=key["client_id"], **dict(_position(responses[stored]["message"])))
        await workload.finish_and_check()


@on_clusters("organization")
async def test_events_published_out_of_order_lose_nothing(cluster, run_workload, random, amount):
    """The events of one process arrive up to half a second late, after those of later commits."""
    delayed = cluster.servers[0]
    async with proxy_to(cluster.redis.port) as proxy:
        proxy.delay = lambda: random.uniform(0, 0.5)
        async with (
            delayed.reconfigured(REDIS_URL=f"redis://127.0.0.1:{proxy.port}/0"),
            run_workload(writers=0, readers=0, rooms=1, extra=9) as workload,
        ):
            for server in cluster.servers:
                workload.add_writer(server.socket_url)
                workload.add_reader(server.socket_url)
                workload.add_reader(server.socket_url)
            await workload.until_all_connected()
            await workload.until_posts(amount(200, 3_000))
            await workload.finish_and_check()


async def _clients_of_one_user(workload: Workload, count: int) -> list[Client]:
    """Connect clients to all processes in turn; the test logs their posts to the workload's last log."""
    session = workload.sessions.pop()
    servers = (workload.cluster.servers * count)[:count]
    workload.logs.append(Log(workload.folder / "shared.log"))
    return [await workload.add_client(server.socket_url, session) for server in servers]


async def _call_until_final(client: Client, post: Event) -> Event:
    while True:
        response = await client.call("message.post", **post)
        if response.get("code") not in RETRYABLE:
            return response
        await asyncio.sleep(response.get("retry_after") or 0.2)


def _position(message: Event) -> tuple[tuple[str, int], ...]:
    return tuple((key, message[key]) for key in ("id", "seq", "version"))
