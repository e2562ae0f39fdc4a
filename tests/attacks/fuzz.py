"""Random frames and requests, similar enough to valid ones to get past the first checks."""

import json
import re
import string
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver

from api.endpoints import router
from messaging.runtime.commands import HANDLERS
from tests.attacks.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

ODD_NUMBERS = [0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, -(2**63) - 1, 1e300, 0.5]
ODD_TEXTS = [
    *("", " ", "x" * 300, "x" * 3_000, "é", "\0", "a\0b", "\x1b[31m", "\u202e", "\ufeff", "🙂" * 50, "Ａ", "%s", "{0}"),
    *("../../etc/passwd", "<script>", "'", '"', "\\", "`", "*" * 200, "[" * 200, "null", "NaN", "1e999", "٣", "²"),
    *("9999-12-31", "0000-00-00", "0001-01-01", "2026-02-30", "2026-11-28T25:61", "-", ".", "/", "//", "\r\nX: y"),
    *map(str, ODD_NUMBERS),
    "9" * 5_000,
]
ODD_BYTES = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe9", b"\xc3"]

PARAMETERS = [
    *(
        "q",
        "page",
        "p",
        "o",
        "e",
        "all",
        "next",
        "room",
        "person",
        "kind",
        "before",
        "after",
        "around",
        "show",
        "format",
    ),
    *("period", "day", "code", "v", "download", "id__exact", "id__in", "created_at__gte", "created_at__year", "pk"),
    *("_popup", "_to_field", "_changelist_filters", "is_active__exact", "action", "_selected_action", "index"),
]
FIELDS = [
    *(
        "name",
        "username",
        "login",
        "password",
        "password1",
        "email",
        "body",
        "reason",
        "until",
        "role",
        "user",
        "status",
    ),
    *(
        "status_text",
        "status_until",
        "alt",
        "language",
        "theme",
        "length",
        "span",
        "_method",
        "selected",
        "action",
        "next",
    ),
    *("csrfmiddlewaretoken", "display_name", "max_uses", "expires", "topic", "kind", "slow_mode"),
]
METHODS = ["GET"] * 6 + ["POST"] * 4 + ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
HEADER_NAMES = [
    *("Range", "If-Modified-Since", "If-None-Match", "If-Range", "Accept-Language", "Accept-Encoding", "Accept"),
    *("Content-Type", "Content-Encoding", "X-HTTP-Method-Override", "Tus-Resumable", "Upload-Length", "Upload-Offset"),
    *("Upload-Metadata", "Cookie", "Origin", "Referer", "X-Forwarded-For", "X-Forwarded-Proto", "Authorization", "TE"),
    *(
        "Host",
        "Connection",
        "Upgrade",
        "Transfer-Encoding",
        "Content-Length",
        "Expect",
        "X-Requested-With",
        "User-Agent",
    ),
]
OTHER_PATHS = [
    "/",
    "/health/live",
    "/metrics",
    "/static/",
    "/static/css/app.css",
    "/ws/",
    "/uploads/",
    "/uploads/{}/",
    "/api/v1/openapi.json",
    "/mcp",
    "/api/v1/stream",
    f"/api/v1/stream/{'0' * 32}",
    "/hooks/",
    "/hooks/{}",
    "/command-responses/",
    f"/command-responses/{'x' * 32}",
    "*",
]
TOKEN = "a" * 32  # a valid CSRF token


def random_frame(random: Random) -> bytes:
    """Return the bytes of a frame, which may be malformed."""
    make = random.choice([_command, _command, _command, _damaged_command, _control, _fragment, _noise, _invalid_frame])
    return make(random)


def random_request(random: Random, session: str) -> bytes:
    """Return the bytes of a request with `Connection: close`, by the session's user or a stranger."""
    method, path = random.choice(METHODS), _path(random)
    content_type, body = _body(random) if method not in ("GET", "HEAD") or random.random() < 0.1 else ("", b"")
    headers = [("Host", "127.0.0.1"), ("Connection", "close"), ("X-CSRFToken", TOKEN)]
    if random.random() < 0.5:
        headers.append(("Origin", "http://127.0.0.1"))
    if random.random() < 0.8:
        headers.append(("Cookie", f"sessionid={session}; csrftoken={TOKEN}"))
    if content_type:
        headers.append(("Content-Type", content_type))
    headers.append(("Content-Length", str(len(body))))
    others = random.sample(HEADER_NAMES, random.choice([0, 0, 1, 2]))
    headers += [(name, _header_value(random)) for name in others]
    head = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return _damage(random, "\r\n".join(head).encode("utf-8", "replace"), 0.1) + body


# -- frames ---------------------------------------------------------------------------------------


def _command(random: Random) -> bytes:
    command = {"type": random.choice(_types()), "ref": "r"}
    for name in ("room", "message", "client_id", "body", "reply_to", "attachments", "seq", "idle", "rooms", "emoji"):
        if random.random() < 0.7:
            command[name] = _value(random)
    return frame(TEXT, json.dumps(command).encode()[:60_000])


def _types() -> list[str]:
    return [command.__struct_config__.tag for command in HANDLERS]


def _value(random: Random, depth: int = 0) -> Any:
    if depth < 3 and random.random() < 0.2:
        values = [_value(random, depth + 1) for _ in range(random.randrange(4))]
        return values if random.random() < 0.5 else {_text(random): value for value in values}
    return random.choice([1, 2, True, None, random.choice(ODD_NUMBERS), _text(random), "\ud800", str(random.random())])


def _damaged_command(random: Random) -> bytes:
    command = (
        b'{"type":"message.post","ref":"r","room":1,"client_id":"00000000-0000-0000-0000-000000000000","body":"x"}'
    )
    return frame(random.choice([TEXT, BINARY]), _damage(random, command, 1))


def _control(random: Random) -> bytes:
    payload = random.randbytes(random.choice([0, 1, 2, 3, 10, 125, 126, 200]))
    return frame(random.choice([PING, PONG, PONG, CLOSE]), payload, is_final=random.random() < 0.9)


def _fragment(random: Random) -> bytes:
    opcode = random.choice([TEXT, BINARY, CONTINUATION, CONTINUATION])
    return frame(opcode, random.choice([b"", b"{}", *ODD_BYTES]), is_final=random.random() < 0.4)


def _noise(random: Random) -> bytes:
    return random.randbytes(random.randrange(1, 40))


def _invalid_frame(random: Random) -> bytes:
    """Return a frame with a wrong length, without a mask, or with reserved bits."""
    head = bytes([random.randrange(256), random.choice([0x7F, 0xFE, 0xFF, 0x05, 0x85])])
    return head + random.randbytes(random.randrange(12)) + b"x" * random.choice([0, 5, 300])


# -- requests ---------------------------------------------------------------------------------------


def _path(random: Random) -> str:
    route = random.choice([*routes(), *OTHER_PATHS])
    path = re.sub(r"<[^>]*>|\{\}", lambda _: random.choice([_odd(random), "1", "1", "2", "ana"]), route)
    if random.random() < 0.6:
        names = random.sample(PARAMETERS, random.randrange(1, 4))
        path += "?" + "&".join(f"{name}={_odd(random)}" for name in names)
    return path


def routes() -> list[str]:
    """Return the routes of all pages and of the API, with `<…>` in place of their arguments."""
    pages = [f"/{route}" for route in _routes(get_resolver().url_patterns)]
    endpoints = dict.fromkeys(re.sub(r"\{\w+\}", "<any>", endpoint.path) for endpoint in router.endpoints)
    return [*pages, *(f"/api/v1{path}" for path in endpoints)]


def _routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + re.sub(r"\(\?P<[^)]*\)|\.\*", "<any>", str(pattern.pattern)).strip("^$").replace("\\Z", "")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def _odd(random: Random) -> str:
    """Return an odd value, percent-encoded."""
    if random.random() < 0.15:
        return quote(random.choice(ODD_BYTES))
    return quote(_text(random), safe=random.choice(["", "/", "%"]))


def _body(random: Random) -> tuple[str, bytes]:
    """Return a content type and a body, which may not match."""
    values = {name: _text(random) for name in random.sample(FIELDS, random.randrange(8))}
    form = "&".join(f"{name}={quote(value)}" for name, value in values.items()).encode()
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"{random.choice(["", "; filename=x"])}\r\n\r\n{value}\r\n'
        for name, value in values.items()
    )
    charset = random.choice(
        ["", "", "", "; charset=utf-8", f"; charset={random.choice(['idna', 'zlib', 'latin-1', 'x'])}"]
    )
    content_type, body = random.choice(
        [
            ("application/x-www-form-urlencoded", form),
            ("application/x-www-form-urlencoded", form),
            ("multipart/form-data; boundary=b", f"{parts}--b--\r\n".encode()),
            ("multipart/form-data", parts.encode()),
            ("application/json", json.dumps(values).encode()),
            ("application/offset+octet-stream", random.randbytes(50)),
        ]
    )
    return content_type + charset, _damage(random, body, 0.2)


def _header_value(random: Random) -> str:
    value = random.choice(
        [_text(random), "bytes=0-", "bytes=9-1", "1.0.0", "HEAD", "room MQ==,filename eA==", "1", "chunked"]
    )
    return value.replace("\r", "").replace("\n", "")[:6_000]


def _text(random: Random) -> str:
    return random.choice([*ODD_TEXTS, "".join(random.choices(string.printable, k=8))])


def _damage(random: Random, data: bytes, chance: float) -> bytes:
    """Replace, insert or remove some bytes, with the probability `chance`."""
    if not data or random.random() >= chance:
        return data
    damaged = bytearray(data)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(damaged) + 1)
        damaged[at : at + random.randrange(3)] = random.choice([b"", random.randbytes(2), *ODD_BYTES])
    return bytes(damaged)
