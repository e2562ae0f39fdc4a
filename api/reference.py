"""The page that describes the API for people."""

import json
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from api.endpoints import router
from api.openapi import document
from api.routing import Endpoint, Runs

JSON = dict[str, Any]

DESCRIPTION = "/api/v1/openapi.json"


class Field(NamedTuple):
    """A parameter. `place`: path, query or body. `kind`: its type and limits in words."""

    name: str
    place: str
    kind: str
    is_required: bool


class Entry(NamedTuple):
    """An endpoint with its fields, and an example for the shell."""

    endpoint: Endpoint
    description: SafeString
    fields: list[Field]
    curl: str


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Describe all endpoints. The page is the same for everyone, and in English."""
    origin = request.build_absolute_uri("/").rstrip("/")
    groups = [(group.tag, [_entry(endpoint, origin) for endpoint in group.endpoints]) for group in router.groups]
    return render(request, "api/reference.html", {"groups": groups, "origin": origin, "description": DESCRIPTION})


def _entry(endpoint: Endpoint, origin: str) -> Entry:
    operation = document()["paths"][endpoint.path][endpoint.method.lower()]
    fields = [
        Field(each["name"], each["in"], _kind(each["schema"]), each["required"])
        for each in operation.get("parameters", ())
    ]
    content: JSON = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema: JSON = content.get("schema", {})
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    fields += [Field(name, "body", _kind(value), name in required) for name, value in properties.items()]
    curl = _curl(endpoint, origin, fields, content.get("example"))
    return Entry(endpoint, _marked_up(endpoint.description), fields, curl)


def _marked_up(text: str) -> SafeString:
    """Mark up names in backticks."""
    parts = [("<code>{}</code>" if number % 2 else "{}", part) for number, part in enumerate(text.split("`"))]
    return mark_safe("".join(format_html(markup, part) for markup, part in parts))  # noqa: S308  each part is escaped


def _kind(schema: JSON) -> str:
    """Describe a schema, such as "integer, 1 to 50, or null"."""
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"“{value}”" for value in schema["enum"] if value)
    kind = schema.get("format") or schema.get("type") or "any"
    if kind == "array":
        kind = f"list of {_kind(schema.get('items', {}))}"
    limits = [schema.get(name) for name in ("minimum", "maximum")]
    if limits[1] and limits[1] < 2**53:
        return f"{kind} from {limits[0]} to {limits[1]}"
    most = schema.get("maxLength") or schema.get("maxItems")
    return f"{kind}, at most {most}" if most else kind


def _curl(endpoint: Endpoint, origin: str, fields: list[Field], body: JSON | None) -> str:
    query = "&".join(f"{each.name}=…" for each in fields if each.place == "query" and each.is_required)
    lines = ["curl" if endpoint.method == "GET" else f"curl -X {endpoint.method}", "-H 'Authorization: Bearer TOKEN'"]
    if body:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    if endpoint.is_raw:
        lines.append(f"--data-binary @{'photo.jpg' if endpoint.runs is Runs.WITH_PHOTO else 'notes.txt'}")
    lines.append(f"'{origin}/api/v1{endpoint.path}{'?' if query else ''}{query}'")
    return " \\\n  ".join(lines)
