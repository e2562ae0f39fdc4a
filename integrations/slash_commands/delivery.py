"""Gives the answer of a command to those who are to see it."""

import asyncio
import uuid
from functools import partial
from typing import Any

from django.utils import timezone

from integrations.models import SlashCommandRun
from integrations.slash_commands.answers import EPHEMERAL, IN_CHANNEL, Answer
from integrations.slash_commands.runs import reply_target
from live.db_threads import in_thread
from messaging.posting.batch import Draft, Result
from messaging.rendering import Rendered
from messaging.runtime.commands import announce_answer, withdraw_answers
from messaging.runtime.engine import Engine
from rooms.errors import Refusal
from rooms.serializers import serialize_time

JSON = dict[str, Any]


async def deliver(engine: Engine, run: SlashCommandRun, answer: Answer, number: int = 0) -> JSON | None:
    """Post an answer, or show it to the person who ran the command. Return it as in a reply. Raises Refusal.

    `number`: of the answer, where 0 is the first one, so that each is posted once.
    """
    if answer.text and not answer.is_public:
        return await _show(engine, run, answer)
    given = await _post(engine, run, answer.text, number) if answer.text else None
    if answer.replaces:
        withdraw_answers(run.user_id, _place_of(run))
    return given


async def _post(engine: Engine, run: SlashCommandRun, text: str, number: int) -> JSON:
    """Post a text as the bot. The limits on posts in the room applied to the person when they ran the command."""
    command = run.command
    draft = Draft(
        sender_id=command.bot_id,
        room_id=run.room_id,
        client_id=uuid.uuid5(run.pk, f"answer {number}"),
        body=text,
        reply_to_id=await in_thread(reply_target, run),
        is_exempt=True,
        mentions_everyone=False,
        is_guest=command.room_id is None,
    )
    posted: Result = await _called_back(partial(engine.writer.submit, draft))
    if isinstance(posted, Refusal):
        raise posted
    return {"response_type": IN_CHANNEL, "message": posted.message.pk}


async def _show(engine: Engine, run: SlashCommandRun, answer: Answer) -> JSON:
    """Send a text to all connections of the person. It isn't stored."""
    rendered: Rendered | Refusal = await _called_back(partial(engine.previews.submit, run.user_id, answer.text))
    if isinstance(rendered, Refusal):
        raise rendered
    about = {"command": run.command.name, "at": serialize_time(timezone.now()), "replaces": answer.replaces}
    shown = {"body": answer.text, "html": rendered.html}
    announce_answer(run.user_id, _place_of(run) | about | shown)
    return {"response_type": EPHEMERAL, **shown}


def _place_of(run: SlashCommandRun) -> JSON:
    return {"room": run.room_id, "thread": run.thread_id, "run": str(run.pk)}


async def _called_back(submit: Any) -> Any:
    """Return the value with which `submit` calls the function that it is given."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def settle(value: Any) -> None:
        if not future.done():
            future.set_result(value)

    submit(settle)
    return await future
