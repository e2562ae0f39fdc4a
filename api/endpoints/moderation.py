"""Endpoints for reports, and for deleting others' messages."""

from typing import Any

import msgspec

from accounts.models import Scope, User
from api import schemas
from api.idempotency import Idempotent
from api.routing import Group
from messaging.moderation.held_deletions import hold_message_deletion, start_deletion, undo_deletion
from messaging.moderation.reports import report_message
from messaging.runtime.protocol import Id

JSON = dict[str, Any]

group = Group("Moderation")


class Report(Idempotent):
    message: Id
    reason: str


class OneMessage(msgspec.Struct):
    message: Id


class OneDeletion(msgspec.Struct):
    deletion: Id


@group.endpoint("POST /messages/{message}/reports", scope=Scope.WRITE, returns=schemas.Report, status=201)
def report(user: User, parameters: Report) -> JSON:
    """Report a message to the admins."""
    return {"report": report_message(reporter=user, message_id=parameters.message, reason=parameters.reason).pk}


@group.endpoint("POST /messages/{message}/deletion", scope=Scope.MODERATE, returns=schemas.Deletion, status=202)
def delete_as_moderator(user: User, parameters: OneMessage) -> JSON:
    """Delete someone's message as a moderator, after half a minute."""
    return {"deletion": hold_message_deletion(actor=user, message_id=parameters.message).pk}


@group.endpoint("POST /deletions/{deletion}", scope=Scope.MODERATE)
def begin_deletion(user: User, parameters: OneDeletion) -> None:
    """Begin a deletion now, instead of after half a minute."""
    start_deletion(actor=user, deletion_id=parameters.deletion)


@group.endpoint("DELETE /deletions/{deletion}", scope=Scope.MODERATE)
def undo(user: User, parameters: OneDeletion) -> None:
    """Undo a deletion that hasn't begun."""
    undo_deletion(actor=user, deletion_id=parameters.deletion)
