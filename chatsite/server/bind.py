"""Opens listening sockets and raises the limit on open files."""

import errno
import logging
import math
import resource
import socket

from chatsite.server.data_dir import NotReady

logger = logging.getLogger(__name__)

BACKLOG = 2048  # connections waiting to be accepted
ACCEPTS = 8  # connections accepted in an iteration of the event loop
OTHER_FILES = 200  # open files besides connections

Sockets = list[socket.socket]


def listen(host: str, port: int, processes: int = 1) -> list[Sockets]:
    """Return the listening sockets of each process, one per address of `host`. Raises NotReady.

    Connections made before the site is ready wait. The kernel distributes new connections among the processes.
    """
    names = ("::", "0.0.0.0") if host == "::" else (host,)  # noqa: S104 (all addresses, of IPv4 too)
    try:
        found = [
            address
            for name in names
            for address in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ]
    except (socket.gaierror, UnicodeError) as error:
        raise NotReady(f"HOST={host} cannot be resolved. Set HOST, for example to 127.0.0.1.") from error
    opened = []
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            opened.append(_listening(family, address, processes))
        except OSError as error:
            # `localhost` may resolve to an IPv6 address that doesn't exist, or the system may have no IPv6.
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise NotReady(_bind_error(error, host, port)) from error
    if not opened:
        raise NotReady(f"HOST={host} is not an address of this machine. Set HOST, for example to 127.0.0.1.")
    return [list(sockets) for sockets in zip(*opened, strict=True)]


def duplicated(sockets: Sockets) -> Sockets:
    """Return ACCEPTS descriptors of each listening socket, including itself.

    In an iteration of the event loop, libuv accepts one connection per descriptor. When everyone reconnects after a
    restart, an iteration takes milliseconds.
    """
    return [descriptor for each in sockets for descriptor in (each, *(each.dup() for _ in range(ACCEPTS - 1)))]


def raise_file_limit(connections: int) -> None:
    """Raise the soft limit on open files, often 1024, to the hard limit, because each connection is an open file."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard not in (resource.RLIM_INFINITY, -1) and hard < connections + OTHER_FILES:
        logger.warning(
            "The system allows %d open files, too few for CHAT_MAX_CONNECTIONS=%d. Raise `ulimit -Hn`.",
            hard,
            connections,
        )


def crowded_connections() -> float:
    """Return the number of connections above which file descriptors run short."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if soft == resource.RLIM_INFINITY else 0.75 * (soft - min(OTHER_FILES, soft / 2))


def _listening(family: int, address: tuple, processes: int) -> Sockets:
    sockets = [socket.socket(family, socket.SOCK_STREAM) for _ in range(processes)]
    try:
        for opened in sockets:
            _bind(opened, address, is_first=opened is sockets[0], is_shared=processes > 1)
        for opened in sockets:
            opened.listen(BACKLOG)
    except OSError:
        for opened in sockets:
            opened.close()
        raise
    return sockets


def _bind(opened: socket.socket, address: tuple, *, is_first: bool, is_shared: bool) -> None:
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if not is_first:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    opened.bind(address)
    if is_first and is_shared:  # set after binding, so that another server on this port causes an error
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def _bind_error(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"PORT={port} on {host} is already in use. Stop that program, or set another PORT, such as {port + 1}."
    if error.errno == errno.EACCES:
        return f"PORT={port} requires root privileges. Set PORT to a number above 1023, such as 8000."
    return f"HOST={host} and PORT={port} are not available ({error.strerror}). Choose other values."
