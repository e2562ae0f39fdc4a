"""The endpoint that waits for events."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from accounts.models import Scope
from api import polling, schemas
from api.request import Request
from api.routing import Group
from messaging.errors import RateLimited
from messaging.runtime.capacity import capacity_error

group = Group("Events")


class WaitForEvents(msgspec.Struct):
    after: Annotated[str, Meta(max_length=polling.MAX_CURSOR)] = ""
    timeout: Annotated[int, Meta(ge=0, le=60)] = 30


@group.endpoint("GET /events", scope=Scope.READ, returns=schemas.Events, awaited=True)
async def wait_for_events(request: Request, parameters: WaitForEvents) -> dict[str, Any]:
    """Wait for events.

    Returns the events of the live protocol after the position `after`, or waits up to `timeout` seconds for the first
    one. Pass the returned `after` with the next request: no message is missed, however much later that is. Without
    `after`, the response comes at once and has the current position. Presence and typing aren't sent.
    """
    engine, identity = request.engine, request.identity
    if not parameters.after:
        return {"events": [], "after": polling.encode_cursor(await polling.current(identity.user))}
    known = polling.decode_cursor(parameters.after)
    if reason := capacity_error(engine.hub, engine.presence, identity.user):
        raise RateLimited(reason, retry_after=10)
    seconds = 0 if engine.is_closing else parameters.timeout
    page = await polling.wait_for_events(engine, identity, known, seconds=seconds, receive=request.receive)
    await request.check_access()
    return {"events": page.events, "after": polling.encode_cursor(page.cursor)}
