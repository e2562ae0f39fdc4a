"""Runs a command for a client without a socket, such as a program that uses the HTTP API."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from live.db_threads import in_thread, in_writing_thread
from messaging.errors import Closing, RateLimited
from messaging.posting.batch import Result
from messaging.rendering import Rendered
from messaging.runtime import protocol
from messaging.runtime.commands import (
    HANDLERS,
    announce_typing,
    draft_of,
    execute,
    reply_to_post,
)
from messaging.runtime.engine import Engine
from messaging.runtime.handlers import Reply, Runs
from rooms.errors import Invalid, NotAMember, Refusal
from rooms.models import Membership
from rooms.scopes import Scopes, require_scope

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(slots=True)
class Caller:
    """A user without a socket, with the attributes of a ClientSession that handlers use.

    scopes: those of their token. blocked: ids of the users whom they block. address: recorded in the audit log.
    """

    engine: Engine
    user: User
    scopes: Scopes = None
    blocked: frozenset[int] = frozenset()
    address: str = ""
    marked_unread: set[int] = field(default_factory=set)


async def run_command(caller: Caller, command: protocol.AnyCommand) -> Reply:
    """Run a command and return its reply, whose fields may be `msgspec.Raw`. Raises Refusal."""
    handler = HANDLERS[type(command)]
    require_scope(caller.scopes, handler.scope)
    if own := _WITHOUT_SOCKET.get(type(command)):
        return await own(caller, command)
    if handler.runs is Runs.AWAITED:
        return await handler.function(caller, command)
    if handler.runs is Runs.READING:
        return await in_thread(execute, caller.user, command, caller.address, caller.scopes)
    if handler.runs is Runs.ON_LOOP:
        return handler.function(caller, command) or Reply()
    if caller.engine.is_closing:
        raise Closing(retry_after=2)
    return await in_writing_thread(execute, caller.user, command, caller.address, caller.scopes)


async def _post(caller: Caller, command: protocol.PostMessage) -> Reply:
    result: Result = await _callback(partial(caller.engine.writer.submit, draft_of(caller.user, command)))
    if isinstance(result, Refusal):
        raise result
    fields = _decode_fields(reply_to_post(command.ref, result, caller.blocked))
    return Reply({name: value for name, value in fields.items() if name not in ("type", "ref")})


async def _preview(caller: Caller, command: protocol.PreviewMessage) -> Reply:
    rendered: Rendered | Refusal = await _callback(partial(caller.engine.previews.submit, caller.user.pk, command.body))
    if isinstance(rendered, Refusal):
        raise rendered
    return Reply({"html": rendered.html})


async def _run_slash_command(caller: Caller, command: protocol.RunCommand) -> Reply:
    submit = partial(caller.engine.slash_commands.submit, caller.user, command)
    result: Reply | Refusal = await _callback(submit)
    if isinstance(result, Refusal):
        raise result
    return result


async def _type(caller: Caller, command: protocol.TypeInRoom) -> Reply:
    """Sockets know their rooms, and limit the notices themselves."""
    if wait := caller.engine.typing_limits.take(caller.user.pk):
        raise RateLimited(retry_after=wait)
    if not await in_thread(Membership.objects.visible().filter(user=caller.user, room=command.room).exists):
        raise NotAMember
    announce_typing(caller.engine, caller.user, command.room)
    return Reply()


async def _refuse(caller: Caller, command: protocol.AnyCommand) -> Reply:
    raise Invalid(_("This command is about a WebSocket, so it has to be sent on one."), field="type")


async def _callback(submit: Callable[[Callable[[Any], None]], None]) -> Any:
    """Return the value with which `submit` calls the function that it is given."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def settle(value: Any) -> None:
        if not future.done():  # otherwise the request was cancelled
            future.set_result(value)

    submit(settle)
    return await future


_WITHOUT_SOCKET: dict[type[protocol.Command], Callable[[Caller, Any], Awaitable[Reply]]] = {
    protocol.PostMessage: _post,
    protocol.RunCommand: _run_slash_command,
    protocol.PreviewMessage: _preview,
    protocol.TypeInRoom: _type,
    protocol.ViewRoom: _refuse,
    protocol.SetIdle: _refuse,
}
