"""Endpoints: a method, a path, the parameters and the result of a function, from which OpenAPI is generated."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from inspect import get_annotations, getdoc
from typing import Any

import msgspec

from accounts.models import Scope
from api.errors import NoEndpoint, WrongMethod
from api.request import Request
from messaging.runtime import protocol
from messaging.runtime.commands import HANDLERS
from messaging.runtime.single_command import Caller, run_command

PLACEHOLDER = re.compile(r"\{(\w+)\}")
JSON = dict[str, Any]
Function = Callable[..., Any]


class Runs(Enum):
    """Where an endpoint's function runs, and its arguments."""

    IN_THREAD = auto()  # (user, parameters), called in a thread
    ON_LOOP = auto()  # (request, parameters), awaited on the event loop
    WITH_PHOTO = auto()  # (user, parameters, photo), called in a thread when the body was rendered as a square photo


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint of the API.

    path: such as "/rooms/{room}", where `room` is a field of the parameters.
    parameters: a struct whose other fields are in the query of GET and DELETE requests, and in the body of others.
    fields: those of the parameters that clients give.
    is_raw: whether the body is a file. Then all parameters are in path and query.
    returns: the struct that describes the result, or None for an empty response.
    """

    method: str
    path: str
    scope: Scope
    function: Callable[..., Any]
    runs: Runs
    parameters: type[msgspec.Struct]
    fields: tuple[msgspec.structs.FieldInfo, ...]
    returns: Any
    status: int
    summary: str
    description: str
    tag: str
    name: str
    is_raw: bool

    @property
    def path_names(self) -> list[str]:
        return PLACEHOLDER.findall(self.path)

    @property
    def has_body(self) -> bool:
        return self.method not in ("GET", "DELETE") and not self.is_raw


class Group:
    """The endpoints of a module. `tag`: their heading in the documentation."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def endpoint(
        self,
        route: str,
        *,
        scope: Scope,
        returns: Any = None,
        status: int = 0,
        awaited: bool = False,
        is_raw: bool = False,
        takes_photo: bool = False,
    ) -> Callable[[Function], Function]:
        """Make a function an endpoint. `route`: such as "GET /rooms".

        awaited: it runs on the event loop. is_raw: it does, and receives the body itself, which isn't JSON.
        takes_photo: the body is a photo.
        """

        def decorate(function: Function) -> Function:
            runs = Runs.WITH_PHOTO if takes_photo else Runs.ON_LOOP if awaited or is_raw else Runs.IN_THREAD
            parameters = get_annotations(function)["parameters"]
            text = getdoc(function) or ""
            is_file = is_raw or takes_photo
            self._add(route, function, function.__name__, text, scope, runs, parameters, returns, status, is_file)
            return function

        return decorate

    def command(
        self,
        route: str,
        command: type[protocol.Command],
        text: str,
        *,
        returns: Any = None,
        status: int = 0,
        field: str = "",
    ) -> None:
        """Make a command of the live protocol an endpoint, with its scope. `field`: the one of the reply to return."""
        scope = HANDLERS[command].scope
        assert scope is not None
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", command.__name__).lower()
        self._add(route, partial(_run_command, field), name, text, scope, Runs.ON_LOOP, command, returns, status)

    def _add(
        self,
        route: str,
        function: Function,
        name: str,
        text: str,
        scope: Scope,
        runs: Runs,
        parameters: type[msgspec.Struct],
        returns: Any,
        status: int,
        is_raw: bool = False,
    ) -> None:
        method, path = route.split()
        summary, _, description = text.partition("\n\n")
        endpoint = Endpoint(
            method=method,
            path=path,
            scope=scope,
            function=function,
            runs=runs,
            parameters=parameters,
            fields=_fields(parameters),
            returns=returns,
            status=status or (200 if returns else 204),
            summary=" ".join(summary.split()),
            description=" ".join(description.split()),
            tag=self.tag,
            is_raw=is_raw,
            name=name,
        )
        self.endpoints.append(endpoint)


class Router:
    """Finds the endpoint of a request."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self.groups = list(groups)
        self.endpoints = [endpoint for group in self.groups for endpoint in group.endpoints]
        self._patterns = [(_pattern(endpoint.path), endpoint) for endpoint in self.endpoints]

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        """Return the endpoint and the values in the path. Raises NoEndpoint or WrongMethod."""
        found = [(endpoint, match) for pattern, endpoint in self._patterns if (match := pattern.fullmatch(path))]
        if not found:
            raise NoEndpoint
        for endpoint, match in found:
            if endpoint.method == ("GET" if method == "HEAD" else method):
                return endpoint, match.groupdict()
        raise WrongMethod(self.methods_of(endpoint for endpoint, _match in found))

    @staticmethod
    def methods_of(endpoints: Iterable[Endpoint]) -> list[str]:
        methods = sorted({endpoint.method for endpoint in endpoints})
        return ["HEAD", *methods] if "GET" in methods else methods


async def _run_command(field: str, request: Request, command: protocol.AnyCommand) -> Any:
    identity = request.identity
    caller = Caller(request.engine, identity.user, identity.scopes, identity.blocked, request.address)
    reply = await run_command(caller, command)
    return reply.fields[field] if field else reply.fields


def _fields(parameters: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return a struct's fields. A command's `ref` is only needed on a socket."""
    found = msgspec.structs.fields(parameters)
    return tuple(field for field in found if not (is_command(parameters) and field.encode_name == "ref"))


def is_command(parameters: type[msgspec.Struct]) -> bool:
    return issubclass(parameters, protocol.Command)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(PLACEHOLDER.sub(r"(?P<\1>[^/]+)", path))
