"""The tools: endpoints of the API, whose results are shortened to what an agent needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from api.endpoints import router
from api.routing import Endpoint

JSON = dict[str, Any]
Shorten = Callable[[JSON], JSON]

REFERENCES = "#/$defs/{name}"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool. `hidden`: fields of the endpoint that agents don't need. `posts`: it posts in the room that it names."""

    name: str
    endpoint: Endpoint
    description: str
    shorten: Shorten
    hidden: tuple[str, ...] = ()
    posts: bool = False

    def describe(self) -> JSON:
        """Return the tool as listed for agents."""
        return {
            "name": self.name,
            "description": self.description,
            "inputSchema": _schema(self),
            "annotations": {"readOnlyHint": not self.posts, "destructiveHint": False, "openWorldHint": False},
        }


def _schema(tool: Tool) -> JSON:
    fields = [field for field in tool.endpoint.fields if field.encode_name not in tool.hidden]
    schemas, definitions = msgspec.json.schema_components([field.type for field in fields], ref_template=REFERENCES)
    schema: JSON = {
        "type": "object",
        "properties": {field.encode_name: each for field, each in zip(fields, schemas, strict=True)},
        "additionalProperties": False,
    }
    if required := [each.encode_name for each in fields if each.required and each.encode_name != "client_id"]:
        schema["required"] = required
    return schema | ({"$defs": definitions} if definitions else {})


def _room(room: JSON) -> JSON:
    names = ("id", "name", "kind", "topic", "unread", "unread_mentions", "archived_at")
    return {name: room[name] for name in names if room.get(name)}


def _message(message: JSON) -> JSON:
    """Return a message without its HTML and what is about pages."""
    short: JSON = {name: message[name] for name in ("id", "room", "seq", "at")}
    short["sender"] = f"{_name_of(message)} (@{message['sender']['username']})"
    if message.get("deleted_at"):
        return short | {"deleted": True}
    short["body"] = message["body"]
    if message["reply_to"]:
        short["reply_to"] = message["reply_to"]["id"]
    if message["attachments"]:
        short["files"] = [{name: file[name] for name in ("name", "type", "url")} for file in message["attachments"]]
    if message["reactions"]:
        short["reactions"] = {each["emoji"]: each["count"] for each in message["reactions"]}
    return short


def _name_of(message: JSON) -> str:
    alias: JSON = message.get("alias") or {}
    return str(alias.get("name") or message["sender"]["name"])


def _messages(result: JSON) -> JSON:
    kept = {name: result[name] for name in ("has_older", "has_newer", "next") if name in result}
    return {"messages": list(map(_message, result["messages"])), **kept}


def _found(result: JSON) -> JSON:
    rooms = {room_id: room["name"] for room_id, room in result["rooms"].items()}
    return _messages(result) | {"rooms": rooms}


def _rooms(result: JSON) -> JSON:
    return {"rooms": list(map(_room, result["rooms"]))}


def _people(result: JSON) -> JSON:
    return {"people": [{name: each[name] for name in ("id", "username", "name")} for each in result["people"]]}


def _posted(result: JSON) -> JSON:
    return _message(msgspec.json.decode(result["message"]))


@cache
def tools() -> dict[str, Tool]:
    """Return the tools by their names."""
    endpoints = {endpoint.name: endpoint for endpoint in router.endpoints}
    found = [
        Tool("list_rooms", endpoints["list_rooms"], "List the rooms and conversations that the user is in.", _rooms),
        Tool(
            "read_messages",
            endpoints["list_messages"],
            "Read a room's messages: the newest, or those before, after or around a number (seq).",
            _messages,
        ),
        Tool(
            "read_thread",
            endpoints["show_thread"],
            "Read a thread: its first message, whose id is given as thread, and the replies to it.",
            _messages,
        ),
        Tool(
            "search_messages",
            endpoints["search_messages"],
            "Search all messages that the user can see. Besides words, a query can have phrases in quotes and "
            "operators: from:username, in:room, has:file, has:link, before:2026-11-30, after:2026-11-01, is:unread, "
            "is:mention.",
            _found,
        ),
        Tool("list_mentions", endpoints["list_mentions"], "List the messages that mention the user.", _messages),
        Tool("find_people", endpoints["search"], "Find people by their names.", _people),
        Tool(
            "post_message",
            endpoints["post_message"],
            "Post a message in Markdown as the user, in a room that allows agents to post. Repeating a call with the "
            "same client_id, a UUID, posts nothing else.",
            _posted,
            hidden=("attachments",),
            posts=True,
        ),
    ]  # fmt: skip
    return {tool.name: tool for tool in found}
