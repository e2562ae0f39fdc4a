"""Responses of the API: JSON with an ETag, errors, and the headers that describe rate limits."""

import math
from hashlib import blake2b
from typing import Any

from django.conf import settings

from api.errors import WrongMethod, status_of
from live.envelope import encode
from live.http.responses import Header, Send
from live.rate_limit import TokenBuckets
from rooms.errors import Refusal


class Response:
    """A response. Without `data`, its body is empty."""

    def __init__(self, status: int, data: Any = None, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.body = b"" if data is None else encode(data)
        self.headers = {"cache-control": "private, no-cache", "vary": "authorization, cookie", **(headers or {})}
        if data is not None:
            self.headers["content-type"] = "application/json"


def refusal_response(refusal: Refusal) -> Response:
    response = Response(status_of(refusal), refusal.as_data())
    if refusal.retry_after is not None:
        response.headers["retry-after"] = str(math.ceil(refusal.retry_after))
    if response.status == 401:
        response.headers["www-authenticate"] = "Bearer"
    if isinstance(refusal, WrongMethod):
        response.headers["allow"] = ", ".join(refusal.allowed)
    return response


def not_modified(response: Response, if_none_match: str) -> Response:
    """Give a response its ETag. If the client has it already, return an empty one instead."""
    etag = f'"{blake2b(response.body, digest_size=16).hexdigest()}"'
    response.headers["etag"] = etag
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if etag in known or "*" in known:
        response.status, response.body = 304, b""
    return response


def rate_limit_headers(limiter: TokenBuckets, user_id: int) -> dict[str, str]:
    """Return the user's limit (draft-ietf-httpapi-ratelimit-headers), which their tokens and pages share."""
    if not settings.CHAT_RATE:
        return {}
    burst, rate = int(settings.CHAT_BURST), settings.CHAT_RATE
    left = limiter.left(user_id)
    return {
        "ratelimit-policy": f'"user";q={burst};w={math.ceil(burst / rate)}',
        "ratelimit": f'"user";r={max(0, int(left))};t={math.ceil((burst - left) / rate)}',
    }


async def send_response(send: Send, response: Response, *, is_head: bool) -> None:
    headers = response.headers if response.status in (204, 304) else response.headers | _length(response)
    pairs: list[Header] = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": pairs})
    await send({"type": "http.response.body", "body": b"" if is_head else response.body})


def _length(response: Response) -> dict[str, str]:
    return {"content-length": str(len(response.body))}
