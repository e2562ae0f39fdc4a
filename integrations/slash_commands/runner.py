"""Runs slash commands: sends what was typed to the command's server, and gives its answer to those who see it."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.utils.text import format_lazy

from accounts.models import User
from integrations.models import SlashCommandRun
from integrations.servers.requests import MAX_TEXT, Request, server_client
from integrations.slash_commands.answers import Answer, InvalidAnswer, read_answer
from integrations.slash_commands.delivery import deliver
from integrations.slash_commands.errors import NOT_SHOWN, STATUS, UNREACHABLE, CommandFailed, NotRun, TooMany
from integrations.slash_commands.runs import begin_run, finish_run
from live.db_threads import in_writing_thread
from live.rate_limit import TokenBuckets
from messaging.errors import Closing, RateLimited
from messaging.runtime.engine import Engine
from messaging.runtime.handlers import Reply
from messaging.runtime.protocol import RunCommand
from messaging.runtime.slash_commands import Respond
from outbound.client import Response
from outbound.guard import NotAllowed
from rooms.errors import Refusal

SECONDS = 3.0
MAX_RUNNING = 40  # in this process
MAX_RUNNING_IN_ROOM = 10  # so that a slow server of one room leaves some for others
MAX_RUNNING_EACH = 3  # of a person
RATE, BURST = 0.5, 10  # commands a second, and at once, of each person

logger = logging.getLogger(__name__)


class CommandRunner:
    """Runs up to MAX_RUNNING commands at a time. Others are refused, because people wait for their answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._client = server_client(SECONDS)
        self._limits = TokenBuckets(RATE, BURST)
        self._running: dict[asyncio.Task[None], tuple[int, int]] = {}  # the ids of the user and the room
        # Of its own, so that no page or post waits for an answer that takes long to read.
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="command-answers")
        engine.slash_commands = self

    def submit(self, user: User, command: RunCommand, respond: Respond) -> None:
        """Run a command, then call `respond` on the event loop, or at once if it can't be run now."""
        try:
            self._require_place(user.pk, command.room)
        except Refusal as refusal:
            respond(refusal)
            return
        task = asyncio.create_task(self._run(user, command, respond))
        self._running[task] = user.pk, command.room
        task.add_done_callback(self._running.pop)

    async def stop(self) -> None:
        self._client.close()
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._reader.shutdown(wait=False)

    def _require_place(self, user_id: int, room_id: int) -> None:
        if self._engine.is_closing:
            raise Closing(retry_after=2)
        if wait := self._limits.take(user_id):
            raise RateLimited(retry_after=wait)
        own = sum(user == user_id for user, _room in self._running.values())
        here = sum(room == room_id for _user, room in self._running.values())
        if own >= MAX_RUNNING_EACH or here >= MAX_RUNNING_IN_ROOM or len(self._running) >= MAX_RUNNING:
            raise TooMany(retry_after=1)

    async def _run(self, user: User, command: RunCommand, respond: Respond) -> None:
        try:
            respond(await self._result(user, command))
        except Refusal as refusal:
            respond(refusal)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("a slash command could not be run: %s", error)
            respond(NotRun(retry_after=2))
        except Exception:
            logger.exception("a slash command could not be run")
            respond(NotRun(retry_after=2))

    async def _result(self, user: User, command: RunCommand) -> Reply:
        run, request = await in_writing_thread(begin_run, user.pk, command)
        if request is None:
            return _reply(run, None)
        try:
            answer = await self._ask(run, request)
            given = await deliver(self._engine, run, answer) if answer is not None else None
        except Refusal as refusal:
            await in_writing_thread(finish_run, run, _reason(refusal))
            raise
        await in_writing_thread(finish_run, run)
        return _reply(run, given)

    async def _ask(self, run: SlashCommandRun, request: Request) -> Answer | None:
        """Send the request, and return the answer if there is any. Raises CommandFailed."""
        try:
            sent = self._client.send("POST", request.url, request.headers, request.body)
            response = await asyncio.wrap_future(sent)
        except (OSError, NotAllowed) as error:
            raise CommandFailed(UNREACHABLE, reason=str(error)) from error
        _require_success(response)
        kind, loop = response.headers.get("content-type", ""), asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._reader, read_answer, kind, response.body, run.command.dialect)
        except InvalidAnswer as error:
            raise CommandFailed(NOT_SHOWN, reason=str(error)) from error


def _require_success(response: Response) -> None:
    """Raise CommandFailed unless the response has a status of success and is complete."""
    if not 200 <= response.status < 300:
        excerpt = response.body[:200].decode(errors="replace")
        text = format_lazy(STATUS, status=response.status)
        raise CommandFailed(text, reason=f"HTTP {response.status} {excerpt}")
    if not response.is_complete:
        raise CommandFailed(NOT_SHOWN, reason=f"the answer is longer than {MAX_TEXT >> 10} KB")


def _reason(refusal: Refusal) -> str:
    if isinstance(refusal, CommandFailed) and refusal.reason:
        return refusal.reason
    return f"the answer was refused: {refusal.detail}"


def _reply(run: SlashCommandRun, given: dict[str, Any] | None) -> Reply:
    return Reply({"run": str(run.pk), "answer": given})
