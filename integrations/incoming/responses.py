"""Responses to requests to webhooks, which clients of Slack understand."""

import math
from http import HTTPStatus

from django.conf import settings
from django.urls import reverse

from integrations.incoming.errors import HookError
from live.http.responses import Send, send_text
from messaging.models import Message, NewMessage

OK = "ok"  # clients compare the body with this word


async def send_accepted(send: Send, message: Message | NewMessage | None, *, is_text: bool) -> None:
    """Answer `ok`, also for an event that isn't shown, so that its sender doesn't repeat it.

    `is_text`: whether the request was the text of a message, whose sender expects its URL.
    """
    if message is None:
        await send_text(send, HTTPStatus.OK, OK)
        return
    headers = [(b"x-message-id", b"%d" % message.pk)]
    if is_text:
        path = reverse("messaging:permalink", args=[message.room_id, message.seq])
        headers.append((b"location", f"{settings.SITE_URL}{path}".encode()))
    await send_text(send, HTTPStatus.CREATED if is_text else HTTPStatus.OK, OK, *headers)


async def send_error(send: Send, error: HookError) -> None:
    headers = []
    if error.retry_after is not None:
        headers.append((b"retry-after", b"%d" % math.ceil(error.retry_after)))
    await send_text(send, error.status, error.word, *headers)


async def send_method_not_allowed(send: Send) -> None:
    await send_text(send, HTTPStatus.METHOD_NOT_ALLOWED, "Send a POST request.\n", (b"allow", b"POST"))
