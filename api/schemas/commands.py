"""Structures of slash commands."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from api.schemas.people import Person, Struct
from api.schemas.secrets import Secret


class SlashCommand(Struct, kw_only=True):
    """A command that can be run in a room. `argument_hint`: what may follow its name, such as "[branch]"."""

    name: str
    description: str
    argument_hint: str


class SlashCommands(Struct, kw_only=True):
    commands: list[SlashCommand]


class ManagedCommand(SlashCommand, kw_only=True):
    """A room's command, as those who manage it see it. The `bot` posts its answers."""

    id: int
    bot: Person
    url: str
    dialect: Literal["chatsite", "slack", "mattermost"]
    is_enabled: bool
    created_at: datetime
    failed_at: datetime | None
    last_error: str


class NewSlashCommand(ManagedCommand, kw_only=True):
    """A command with its secret."""

    secret: Secret
    token: Secret


class ManagedCommands(Struct, kw_only=True):
    commands: list[ManagedCommand]


class CommandAnswer(Struct, kw_only=True):
    """The answer of a command.

    An answer that is `in_channel` has the id of the `message` that was posted, and an `ephemeral` one, which only you
    see, its `body` in Markdown and its `html`.
    """

    response_type: Literal["ephemeral", "in_channel"]
    message: int | UnsetType = UNSET
    body: str | UnsetType = UNSET
    html: str | UnsetType = UNSET


class CommandRun(Struct, kw_only=True):
    """A command that was run. `answer` is null if there was no text, and also for repetitions of a request."""

    run: UUID
    answer: CommandAnswer | None
