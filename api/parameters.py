"""Reads the parameters of a request from its path, query and body."""

from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import msgspec
from django.utils.translation import gettext as _

from api.routing import Endpoint, is_command
from messaging.runtime.protocol import field_and_message
from messaging.runtime.values import find_unusable
from rooms.errors import Invalid

MAX_QUERY_FIELDS = 50

_decode = msgspec.json.Decoder().decode


def read_parameters(endpoint: Endpoint, path: dict[str, str], query: bytes, body: bytes) -> msgspec.Struct:
    """Return an instance of the endpoint's parameters. Raises Invalid, with the name of the field."""
    fields = _fields(endpoint)
    in_query, in_body = _in_query(query), _in_body(body)
    given = in_query.keys() | in_body.keys()
    _reject(given - fields.keys(), _("There is no such field."))
    _reject(given & path.keys(), _("This field is part of the path already."))
    if endpoint.has_body:
        _reject(in_query, _("Give this field in the body."))
    else:
        _reject(in_body, _("Give this field in the query."))
    texts = {name: _convert(name, text, fields[name].type) for name, text in (path | in_query).items()}
    return _converted(endpoint, in_body | texts)


def read_arguments(endpoint: Endpoint, given: dict[str, Any]) -> msgspec.Struct:
    """Return an instance of the endpoint's parameters, which are all in one JSON object. Raises Invalid."""
    _reject(given.keys() - _fields(endpoint).keys(), _("There is no such field."))
    return _converted(endpoint, given)


def _fields(endpoint: Endpoint) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in endpoint.fields}


def _reject(names: Collection[str], message: str) -> None:
    if names:
        raise Invalid(message, field=min(names)[:64])


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
    if unusable := find_unusable(parameters):
        raise Invalid(unusable[1], field=unusable[0])
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
