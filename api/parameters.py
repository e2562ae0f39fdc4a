"""Reads the parameters of a request from its path, query and body."""

from collections.abc import Collection, Set
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

import msgspec
from django.utils.translation import gettext as _

from api.routing import Endpoint, is_command
from messaging.runtime.protocol import field_and_message
from rooms.errors import Invalid

MAX_QUERY_FIELDS = 50

_decode = msgspec.json.Decoder().decode


def read_parameters(endpoint: Endpoint, path: dict[str, str], query: bytes, body: bytes) -> msgspec.Struct:
    """Return an instance of the endpoint's parameters. Raises Invalid, with the name of the field."""
    fields = _fields(endpoint)
    given = _in_body(body) if endpoint.has_body else {}
    texts = {name: unquote(value) for name, value in path.items()} | _in_query(query)
    _reject_unknown(fields, given.keys() | texts.keys())
    if twice := given.keys() & path.keys():
        raise Invalid(_("This field is part of the path already."), field=min(twice))
    return _converted(endpoint, given | {name: _convert(name, text, fields[name].type) for name, text in texts.items()})


def read_arguments(endpoint: Endpoint, given: dict[str, Any]) -> msgspec.Struct:
    """Return an instance of the endpoint's parameters, which are all in one JSON object. Raises Invalid."""
    _reject_unknown(_fields(endpoint), given.keys())
    return _converted(endpoint, given)


def _fields(endpoint: Endpoint) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in endpoint.fields}


def _reject_unknown(fields: Collection[str], names: Set[str]) -> None:
    if unknown := names - set(fields):
        raise Invalid(_("There is no such field."), field=min(unknown)[:64])


def _converted(endpoint: Endpoint, values: dict[str, Any]) -> msgspec.Struct:
    if is_command(endpoint.parameters):
        values = values | {"ref": "http"}
        if "client_id" in _fields(endpoint):
            values.setdefault("client_id", uuid4())
    try:
        parameters = msgspec.convert(values, endpoint.parameters)
    except msgspec.ValidationError as error:
        field, message = field_and_message(str(error))
        raise Invalid(message, field=field or "body") from None
    _reject_null_characters(parameters)
    return parameters


def _in_body(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        given = _decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Invalid(_("This isn’t valid JSON."), field="body") from None
    if not isinstance(given, dict):
        raise Invalid(_("Send a JSON object."), field="body")
    return given


def _in_query(query: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_FIELDS)
    except (ValueError, UnicodeError):
        raise Invalid(_("This isn’t a valid query string."), field="query") from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise Invalid(_("Give this field only once."), field=name[:64])
        values[name] = value
    return values


def _convert(name: str, text: str, type_: Any) -> Any:
    """Convert the text of a path or query, where numbers and booleans have no type of their own."""
    try:
        return msgspec.convert(text, type_, strict=False)
    except msgspec.ValidationError as error:
        _field, message = field_and_message(str(error))
        raise Invalid(message, field=name) from None


def _reject_null_characters(parameters: msgspec.Struct) -> None:
    """Raise Invalid for a null character, which PostgreSQL can't store."""
    for name in parameters.__struct_fields__:
        value = getattr(parameters, name)
        texts = [value] if isinstance(value, str) else value if isinstance(value, list) else ()
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise Invalid(_("Remove the null character."), field=name)
