"""Describes the API in OpenAPI 3.1, from the same definitions by which requests are read."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from django.conf import settings

from api import schemas
from api.endpoints import router
from api.examples import EXAMPLES
from api.routing import Endpoint

JSON = dict[str, Any]

VERSION = "1"
COMPONENTS = "#/components/schemas/{name}"
ERRORS = {
    400: "A field is invalid. `field` names it.",
    401: "There is no token or session, or it isn’t valid.",
    403: "You may not do this, or the token lacks the scope.",
    404: "It doesn’t exist, or you may not see it.",
    409: "It conflicts with the current state, or the room is archived.",
    411: "A file needs a `Content-Length`.",
    413: "The body or the message is too long.",
    415: "The body isn’t JSON, or files of this type aren’t allowed.",
    429: "Too many requests, or slow mode. Try again after `retry_after` seconds.",
    507: "The server’s disk is full.",
    502: "A slash command’s server gave no answer that could be used.",
    503: "The server is busy or restarting. Try again after `retry_after` seconds.",
}


@cache
def document() -> JSON:
    """Return the description of the API. It is the same for everyone."""
    returned = [endpoint.returns for endpoint in router.endpoints if endpoint.returns]
    given = [field.type for endpoint in router.endpoints for field in endpoint.fields]
    types = [*dict.fromkeys([*returned, schemas.Error]), *given]
    described, components = msgspec.json.schema_components(types, ref_template=COMPONENTS)
    schema_of = {id(type_): schema for type_, schema in zip(types, described, strict=True)}
    error = {"application/json": {"schema": schema_of[id(schemas.Error)]}}
    paths: dict[str, JSON] = {}
    for endpoint in router.endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chatsite API", "version": VERSION},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": group.tag} for group in router.groups],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {str(status): {"description": text, "content": error} for status, text in ERRORS.items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
                "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
            },
        },
    }


def _operation(endpoint: Endpoint, schema_of: dict[int, JSON]) -> JSON:
    operation: JSON = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary.rstrip("."),
        "description": f"{endpoint.description} Needs the scope `{endpoint.scope}`.".strip(),
        "x-scope": str(endpoint.scope),
        "responses": _responses(endpoint, schema_of),
    }
    in_path = set(endpoint.path_names)
    outside_body = [each for each in endpoint.fields if each.encode_name in in_path or not endpoint.has_body]
    if outside_body:
        operation["parameters"] = [_parameter(field, in_path, schema_of) for field in outside_body]
    in_body = [each for each in endpoint.fields if each not in outside_body]
    if endpoint.is_raw:
        file: JSON = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
        operation["requestBody"] = {"required": True, "content": {"*/*": file}}
    elif in_body:
        operation["requestBody"] = _body(endpoint, in_body, schema_of)
    return operation


def _parameter(field: msgspec.structs.FieldInfo, in_path: set[str], schema_of: dict[int, JSON]) -> JSON:
    is_in_path = field.encode_name in in_path
    return {
        "name": field.encode_name,
        "in": "path" if is_in_path else "query",
        "required": is_in_path or field.required,
        "schema": schema_of[id(field.type)],
    }


def _body(endpoint: Endpoint, fields: Iterable[msgspec.structs.FieldInfo], schema_of: dict[int, JSON]) -> JSON:
    fields = list(fields)
    required = [field.encode_name for field in fields if field.required and field.encode_name != "client_id"]
    schema: JSON = {
        "type": "object",
        "properties": {field.encode_name: schema_of[id(field.type)] for field in fields},
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required
    content = {"schema": schema}
    if endpoint.name in EXAMPLES:
        content["example"] = EXAMPLES[endpoint.name]
    return {"required": bool(required), "content": {"application/json": content}}


def _responses(endpoint: Endpoint, schema_of: dict[int, JSON]) -> JSON:
    success: JSON = {"description": "Done." if endpoint.status == 204 else "The result."}
    if endpoint.returns:
        success["content"] = {"application/json": {"schema": schema_of[id(endpoint.returns)]}}
    responses = {str(endpoint.status): success}
    if endpoint.method == "GET":
        responses["304"] = {"description": "It hasn’t changed since the response with the `ETag` in `If-None-Match`."}
    return responses | {str(status): {"$ref": f"#/components/responses/{status}"} for status in ERRORS}
