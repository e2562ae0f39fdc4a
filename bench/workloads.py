"""The workloads, with the peers, load and targets of each."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bench import attacks, pushing, reacting, scenarios, searching
from bench.attacks.members import FLOODS
from bench.chatsite import chatsite
from bench.machine import LOAD_CORE, SERVER_CORE
from bench.scenarios import PER_CPU_SECOND, Outcome
from bench.servers import Population, RunningServer, bare, socketio, stock
from bench.targets import AtLeast, AtLeastTimes, AtMost, AtMostTimes, Target

Serve = Callable[[Population], AbstractContextManager[RunningServer]]


@dataclass(frozen=True)
class Pace:
    rounds: int = 3
    seconds: float = 5.0
    warm_up: float = 1.0


FULL, QUICK = Pace(), Pace(rounds=1, seconds=2.0)


@dataclass(frozen=True)
class Workload:
    name: str
    description: str
    people: Population
    peers: Mapping[str, Serve]
    measure: Callable[[RunningServer, Pace], Coroutine[Any, Any, Outcome]]
    targets: list[Target] = field(default_factory=list)


def _fan_out(posters: int, server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.fan_out(server, posters=posters, in_flight=8, warm_up=pace.warm_up, seconds=pace.seconds)


def _every_socket_posts(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    count = len(server.participants)
    return scenarios.fan_out(server, posters=count, in_flight=1, warm_up=pace.warm_up, seconds=pace.seconds)


def _several(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.several_processes(server, posters=10, in_flight=8, warm_up=pace.warm_up, seconds=pace.seconds)


def _several_rooms(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    count = len(server.participants)
    return scenarios.several_processes(server, posters=count, in_flight=1, warm_up=pace.warm_up, seconds=pace.seconds)


def _connected(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.connected(server, posters=10, in_flight=8, warm_up=pace.warm_up, seconds=pace.seconds)


def _acknowledgement(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.acknowledgement(server, count=int(pace.seconds * 100))


def _idle(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.idle_sockets(server)


def _connecting(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.connecting(server)


def _pages(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.page_reading(server, seconds=pace.seconds)


def _latency(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.latency(server, seconds=pace.seconds)


def _beside_files(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return scenarios.beside_files(server, size=int(pace.seconds * 200_000_000), idle=int(pace.seconds * 50))


def _under_attack(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return attacks.measure(server)


def _reacting(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return reacting.measure(server)


def _pushing(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return pushing.measure(server)


def _searching(server: RunningServer, pace: Pace) -> Coroutine[Any, Any, Outcome]:
    return searching.measure(server)


def _with_blocks(people: Population) -> AbstractContextManager[RunningServer]:
    return chatsite(replace(people, blocks=50))


def _bounds_of_attacks(subject: str) -> list[Target]:
    bounds = {
        "costly messages: worst post, same room, ms": 150,
        "costly messages: worst post, other room, ms": 150,
        "costly messages: catching up, ms": 2_000,
        **{f"flood of {kind}: worst ping, ms": 250 for kind in FLOODS},
        "others disconnected": 0,
        "costly files: worst small picture, ms": 3_000,
        **{f"{attack}: worst page, ms": 500 for attack in attacks.ATTACKS_ON_PAGES},
        "endless headers: worst page, ms": 250,
        "endless headers: MB grown": 20,
        "broken cookies: others refused": 0,
        "removal: seconds until nothing is heard": 10,
    }
    return [AtMost(figure, bound, subject=subject) for figure, bound in bounds.items()]


_attacked = partial(chatsite, with_hanging_mail=True, CHAT_RATE="20", CHAT_BURST="2500", TRUSTED_PROXIES="127.0.0.1")
OURS: Mapping[str, Serve] = {"chatsite": chatsite}
BARE: Mapping[str, Serve] = {"bare": bare}
SOCKETIO: Mapping[str, Serve] = {"socketio": socketio}
STOCK: Mapping[str, Serve] = {"stock-memory": stock, "stock-redis": partial(stock, with_redis=True)}
WORKERS: Mapping[str, Serve] = {
    "chatsite": partial(chatsite, with_redis=True),
    "two-workers": partial(chatsite, with_redis=True, cores=(SERVER_CORE, LOAD_CORE)),
}

_searchable = partial(chatsite, filler="bench.search_site")
_unindexed = partial(chatsite, module="bench.peers.without_search")
INDEXED: Mapping[str, Serve] = {
    "chatsite": chatsite,
    "without-search": _unindexed,
    "with-postgres": partial(chatsite, with_postgres=True),
    "postgres-without-search": partial(_unindexed, with_postgres=True),
}

WORKLOADS = [
    Workload(
        "one-poster-500",
        "one room, 500 sockets, 8 posts in flight",
        Population(500),
        {**OURS, **STOCK, **BARE},
        partial(_fan_out, 1),
        [AtLeastTimes("deliveries/s", 25, tuple(STOCK)), AtLeastTimes("deliveries/s", 0.5, ("bare",))],
    ),
    Workload(
        "ten-posters-500",
        "one room, 500 sockets, 10 posters × 8 in flight",
        Population(500),
        {**OURS, **STOCK, **BARE},
        partial(_fan_out, 10),
        [AtLeastTimes("deliveries/s", 150, tuple(STOCK)), AtLeastTimes("deliveries/s", 2, ("bare",))],
    ),
    Workload(
        "blocks-500",
        "ten-posters-500, and the same where fifty of them block one of the posters",
        Population(500),
        {**OURS, "with-blocks": _with_blocks},
        _several,
        [
            AtLeastTimes("deliveries/s", 0.9, ("chatsite",), subject="with-blocks"),
            AtLeastTimes(PER_CPU_SECOND, 0.9, ("chatsite",), subject="with-blocks"),
        ],
    ),
    Workload(
        "one-room-1000",
        "one room, 1,000 sockets, 10 posters × 8 in flight",
        Population(1000),
        {**OURS, **SOCKETIO},
        partial(_fan_out, 10),
        [AtLeastTimes("deliveries/s", 5, ("socketio",)), AtLeast("deliveries/s", 683_000)],
    ),
    Workload(
        "latency-1000",
        "1,000 sockets, 10 posts/s: from the post until all have it",
        Population(1000),
        {**OURS, **STOCK, **SOCKETIO, **BARE},
        _latency,
        [
            *(AtMostTimes(figure, 1, ("socketio",)) for figure in ("p50 ms", "p99 ms")),
            *(AtMostTimes(figure, 1.4, ("bare",)) for figure in ("p50 ms", "p99 ms")),
            AtMostTimes("p50 ms", 0.01, tuple(STOCK)),
        ],
    ),
    Workload(
        "hundred-rooms",
        "100 rooms × 10 sockets, every socket posting",
        Population(1000, rooms=100),
        {**OURS, **STOCK, **SOCKETIO},
        _every_socket_posts,
        [AtLeastTimes("posts/s", 1, ("socketio",)), AtLeastTimes("posts/s", 8, tuple(STOCK))],
    ),
    Workload(
        "idle-ack",
        "one socket, one post at a time: from the post until it is acknowledged",
        Population(1),
        {**OURS, **STOCK, **SOCKETIO},
        _acknowledgement,
        [AtMostTimes("p50 ms", 1.5, ("socketio",))],
    ),
    Workload(
        "idle-5000",
        "5,000 idle sockets in one room: their memory, and one message to all",
        Population(5000),
        {**OURS, **SOCKETIO, **BARE},
        _idle,
        [AtMost("KB per socket", 10), AtMost("ms until all have it", 150)],
    ),
    Workload(
        "connect-2000",
        "2,000 people connect at once, each in 20 rooms, until all are welcomed",
        Population(2000, rooms=400, each=20),
        {**OURS, **STOCK, **SOCKETIO},
        _connecting,
        [AtLeastTimes("sockets/s", 1, ("socketio",))],
    ),
    Workload(
        "bots-200",
        "one room, 200 bots with tokens, compared with 200 people in browsers; 10 posters × 8 in flight",
        Population(200),
        {"chatsite": partial(chatsite, filler="bench.bot_people"), "people": chatsite},
        _connected,
        [
            AtMostTimes("CPU ms to connect", 1.1, ("people",)),
            AtMostTimes("KB per socket", 1.1, ("people",)),
            AtLeastTimes(PER_CPU_SECOND, 0.95, ("people",)),
        ],
    ),
    Workload(
        "room-page",
        "a room's page of 50 messages for a member of 20 rooms: 16 clients, beside 10 posts/s",
        Population(17, rooms=20, each=20, messages=50),
        {**OURS, "django-asgi": partial(chatsite, module="bench.peers.django_asgi", CONN_MAX_AGE="0")},
        _pages,
        [AtLeastTimes("pages/s", 1.5, ("django-asgi",))],
    ),
    Workload(
        "beside-files",
        "one post at a time while a file of 1 GB comes in and ten of 50 MB leave, over and over",
        Population(1),
        {"chatsite": partial(chatsite, CHAT_MAX_FILE_MB="2000", CHAT_QUOTA_MB="0")},
        _beside_files,
        [AtMost("p99 ms", 100), AtMost("MB grown", 20)],
    ),
    Workload(
        "search",
        "a million messages in 500 rooms: 30 searches of every kind by members of 1, 20 and all rooms",
        Population(50, rooms=500, messages=1_000_000),
        {"chatsite": _searchable, "with-postgres": partial(_searchable, with_postgres=True)},
        _searching,
        [
            AtMost(f"{group}: {percentile} ms", bound, subject=subject)
            for subject in ("chatsite", "with-postgres")
            for group in searching.GROUPS
            for percentile, bound in (("p50", 10), ("p95", 50))
        ],
    ),
    Workload(
        "reactions-1000",
        "1,000 people in a room react to one message within a second, beside one post at a time",
        Population(1000, messages=1),
        {"chatsite": chatsite, "with-postgres": partial(chatsite, with_postgres=True)},
        _reacting,
        [
            target
            for subject in ("chatsite", "with-postgres")
            for target in (
                AtMost("s until all are acknowledged", 1.5, subject=subject),
                AtMost("changes a page receives", 15, subject=subject),
                AtMost("worst post, ms", 150, subject=subject),
            )
        ],
    ),
    Workload(
        "push-10000",
        "one message pushed to 10,000 devices, 5 % of which give each of five errors, beside one post at a time",
        Population(10_000),
        {"chatsite": pushing.with_devices},
        _pushing,
        [
            AtMost("missing", 0),
            AtMost("received twice", 0),
            AtMost("MB grown", 60),
            AtMost("worst post, ms", 500),
        ],
    ),
    Workload(
        "posting-with-search",
        "100 rooms × 10 sockets, every socket posting, with and without the index of the search",
        Population(1000, rooms=100),
        INDEXED,
        _every_socket_posts,
        [
            AtLeastTimes("posts/s", 1 / 1.15, ("without-search",)),
            AtLeastTimes("posts/s", 1 / 1.15, ("postgres-without-search",), subject="with-postgres"),
        ],
    ),
    Workload(
        "under-attack",
        "the effect on others of members and strangers who send the most expensive input",
        Population(20, rooms=3, each=1, messages=50_000),
        {"chatsite": _attacked, "with-postgres": partial(_attacked, with_postgres=True)},
        _under_attack,
        _bounds_of_attacks("chatsite") + _bounds_of_attacks("with-postgres"),
    ),
    Workload(
        "two-workers",
        "1,000 sockets in one room on one process and on two with Redis, 10 posters × 8 in flight on both",
        Population(1000),
        WORKERS,
        _several,
        [AtLeastTimes(PER_CPU_SECOND, 1.6, ("chatsite",), subject="two-workers")],
    ),
    Workload(
        "two-workers-rooms",
        "hundred-rooms on one process and on two with Redis, the members of each room divided between them",
        Population(1010, rooms=101),  # an odd number, because sockets alternate between the processes
        WORKERS,
        _several_rooms,
        [AtLeastTimes(PER_CPU_SECOND, 1.8, ("chatsite",), subject="two-workers")],
    ),
]
