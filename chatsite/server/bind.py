"""Where the server listens, and how many connections the system lets it have."""

import errno
import logging
import resource
import socket

from chatsite.server.bootstrap import NotReady

logger = logging.getLogger(__name__)

WAITING = 2048  # connections that may wait to be accepted
OTHER_FILES = 200  # that a process has open besides its connections

Sockets = list[socket.socket]


def listen(host: str, port: int, processes: int = 1) -> list[Sockets]:
    """Return for each process its listening sockets, one for each address of `host`.

    What connects early waits until the site is ready. The kernel shares new connections out among the processes.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise NotReady(f"HOST={host} is not a known address. Set HOST, for example to 127.0.0.1.") from error
    opened = []
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            opened.append(_listening(family, address, processes))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:  # `localhost` may name an IPv6 address that is not there
                raise NotReady(_why_not(error, host, port)) from error
    if not opened:
        raise NotReady(f"HOST={host} is not an address of this machine. Set HOST, for example to 127.0.0.1.")
    return [list(sockets) for sockets in zip(*opened, strict=True)]


def allow_many_files(connections: int) -> None:
    """Raise the soft limit on open files, often 1024, to the hard one; each connection is a file."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard not in (resource.RLIM_INFINITY, -1) and hard < connections + OTHER_FILES:
        logger.warning(
            "The system allows %d open files, too few for CHAT_MAX_CONNECTIONS=%d: raise `ulimit -Hn`.",
            hard,
            connections,
        )


def _listening(family: int, address: tuple, processes: int) -> Sockets:
    sockets = [socket.socket(family, socket.SOCK_STREAM) for _ in range(processes)]
    try:
        for opened in sockets:
            _bind(opened, address, is_first=opened is sockets[0], is_shared=processes > 1)
        for opened in sockets:
            opened.listen(WAITING)
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
    if is_first and is_shared:  # only after it is bound: another server on this port is to be noticed, not joined
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"PORT={port} on {host} is already in use. Stop what uses it, or set another PORT, such as {port + 1}."
    if error.errno == errno.EACCES:
        return f"PORT={port} needs special rights. Set PORT to one above 1023, such as 8000."
    return f"HOST={host} and PORT={port} cannot be listened on ({error.strerror}). Set them to others."
