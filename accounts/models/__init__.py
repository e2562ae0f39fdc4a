"""Models for users, their relations, invitations, tokens, connections, the audit log and the email queue."""

from accounts.models.activity import ActivitySample, minute_of
from accounts.models.api_token import APIToken, Scope
from accounts.models.audit import AuditEvent
from accounts.models.connection import DEAD_AFTER, HEARTBEAT, Connection, ConnectionQuerySet, ServerProcess
from accounts.models.idempotent_request import IdempotentRequest
from accounts.models.invitation import Invitation
from accounts.models.name_part import NamePart, NamePartQuerySet
from accounts.models.person import Person, public_columns
from accounts.models.queued_email import QueuedEmail
from accounts.models.relations import Block, Blocklist, Mute, blocklists_for
from accounts.models.site_settings import (
    BotCreation,
    NotificationLevel,
    SiteSettings,
    bot_creation,
    default_notification_level,
    has_name,
    registration_mode,
    reload_site,
    shows_first_steps,
    site_logo,
    site_name,
    use_site,
)
from accounts.models.user import USERNAME_HELD_FOR, Status, User
from accounts.models.user_group import GroupMember, UserGroup, lock_names

__all__ = [
    "DEAD_AFTER",
    "HEARTBEAT",
    "USERNAME_HELD_FOR",
    "APIToken",
    "ActivitySample",
    "AuditEvent",
    "Block",
    "Blocklist",
    "BotCreation",
    "Connection",
    "ConnectionQuerySet",
    "GroupMember",
    "IdempotentRequest",
    "Invitation",
    "Mute",
    "NamePart",
    "NamePartQuerySet",
    "NotificationLevel",
    "Person",
    "QueuedEmail",
    "Scope",
    "ServerProcess",
    "SiteSettings",
    "Status",
    "User",
    "UserGroup",
    "blocklists_for",
    "bot_creation",
    "default_notification_level",
    "has_name",
    "lock_names",
    "minute_of",
    "public_columns",
    "registration_mode",
    "reload_site",
    "shows_first_steps",
    "site_logo",
    "site_name",
    "use_site",
]
