"""An authenticated request, as endpoints that run on the event loop receive it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from api.caller import Identity
from live.http.responses import Receive
from messaging.runtime.engine import Engine


@dataclass(frozen=True, slots=True)
class Request:
    """address: the client's, for the audit log.

    check_access: raises Unauthenticated if the token or the session has ended since the request began.
    """

    engine: Engine
    identity: Identity
    address: str
    headers: Mapping[str, str]
    receive: Receive
    check_access: Callable[[], Awaitable[object]]
