"""Endpoints for admins: people, their suspensions and connections, and the audit log."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _
from msgspec import Meta

from accounts import usernames
from accounts.auth.revocation import disconnect
from accounts.auth.token_actions import revoke_tokens
from accounts.lifecycle.suspension import reinstate, suspend
from accounts.models import AuditEvent, Connection, Scope, User
from accounts.reporting.admin_actions import problem_with_changing, problem_with_suspending
from accounts.reporting.connections import ConnectionFilter, load_report, row_of
from api import schemas
from api.lookups import require_permission
from api.paging import PAGE, Cursor, page_after
from api.routing import Group
from messaging.runtime.protocol import Id
from messaging.runtime.values import Time
from rooms.account_serializers import serialize_account
from rooms.errors import Forbidden, Invalid, NotFound

JSON = dict[str, Any]

group = Group("Administration")


class ListAccounts(msgspec.Struct):
    q: Annotated[str, Meta(max_length=80)] = ""
    state: Literal["", "active", "suspended"] = ""
    after: Cursor = ""


class OneAccount(msgspec.Struct):
    user: Id


class Suspend(msgspec.Struct):
    user: Id
    until: Time | None = None


class ListConnections(msgspec.Struct):
    q: Annotated[str, Meta(max_length=80)] = ""
    kind: Literal["", "page", "terminal", "bot"] = ""
    state: Literal["", "active", "idle"] = ""
    before: Cursor = ""


class OneConnection(msgspec.Struct):
    connection: UUID


class ListEvents(msgspec.Struct):
    kind: Annotated[str, Meta(max_length=30)] = ""
    person: Id | None = None
    before: Id | None = None


@group.endpoint("GET /admin/people", scope=Scope.ADMIN, returns=schemas.Accounts)
def list_accounts(user: User, parameters: ListAccounts) -> JSON:
    """List the accounts, with those that are suspended.

    `q`: a part of the username, the display name or the email address. `after`: the `next` of the previous page.
    """
    require_permission(user, "accounts.view_user")
    found = User.objects.filter(deleted_at=None)
    if parameters.q:
        by_key = found.filter(username_key__contains=usernames.key(parameters.q))
        found = (
            by_key | found.filter(display_name__icontains=parameters.q) | found.filter(email__icontains=parameters.q)
        )
    if parameters.state:
        found = found.filter(is_active=parameters.state == "active")
    accounts, following = page_after(found, parameters.after, order=["username_key"])
    return {"people": list(map(serialize_account, accounts)), "next": following}


@group.endpoint("GET /admin/people/{user}", scope=Scope.ADMIN, returns=schemas.Account)
def show_account(user: User, parameters: OneAccount) -> JSON:
    """Show an account."""
    require_permission(user, "accounts.view_user")
    return serialize_account(_find_account(parameters.user))


@group.endpoint("PUT /admin/people/{user}/suspension", scope=Scope.ADMIN, returns=schemas.Account)
def suspend_person(user: User, parameters: Suspend) -> JSON:
    """Suspend someone.

    They are logged out everywhere, and their tokens are revoked. Their bots stop until they are reinstated. `until`:
    when it ends, or null if they stay suspended until then.
    """
    if parameters.until is not None and parameters.until <= timezone.now():
        raise Invalid(_("Choose a time in the future."), field="until")
    require_permission(user, "accounts.change_user")
    person = _find_account(parameters.user)
    if problem := problem_with_suspending(user, person):
        raise Forbidden(problem, field="user")
    suspend(user=person, until=parameters.until)
    return serialize_account(person)


@group.endpoint("DELETE /admin/people/{user}/suspension", scope=Scope.ADMIN, returns=schemas.Account)
def reinstate_person(user: User, parameters: OneAccount) -> JSON:
    """Let someone log in again."""
    require_permission(user, "accounts.change_user")
    person = _find_account(parameters.user)
    if problem := problem_with_changing(user, person):
        raise Forbidden(problem, field="user")
    reinstate(user=person)
    return serialize_account(person)


@group.endpoint("DELETE /admin/people/{user}/tokens", scope=Scope.ADMIN)
def revoke_persons_tokens(user: User, parameters: OneAccount) -> None:
    """Revoke all tokens of a person or a bot."""
    require_permission(user, "accounts.delete_apitoken")
    revoke_tokens(user=_find_account(parameters.user))


@group.endpoint("GET /admin/connections", scope=Scope.ADMIN, returns=schemas.Connections)
def list_connections(user: User, parameters: ListConnections) -> JSON:
    """List the open connections, as in the active-user report, those that were active last first.

    `q`: a name, email address, IP address, browser or server. `people` and `connections` count everyone who is online,
    and `found` those that match. `before`: the `next` of the previous page; connections that are used meanwhile move to
    the first.
    """
    require_permission(user, "accounts.view_connection")
    filters = ConnectionFilter(q=parameters.q, kind=parameters.kind, state=parameters.state)
    report = load_report(filters, finds_emails=user.has_perm("accounts.view_user"))
    order = ["-last_active_at", "pk"]
    found, following = page_after(report.matching, parameters.before, order=order, field="before")
    rows = [{"id": str(each.pk), "user_id": each.user_id} | row_of(each, report.rooms) for each in found]
    counts = {"people": report.people, "connections": report.connections, "found": report.count}
    return {**counts, "rows": rows, "next": following}


@group.endpoint("DELETE /admin/connections/{connection}", scope=Scope.ADMIN)
def close_connection(user: User, parameters: OneConnection) -> None:
    """Close a connection. Someone who can log in can reconnect."""
    require_permission(user, "accounts.change_user")
    found = Connection.objects.select_related("user").filter(pk=parameters.connection).first()
    if found is None:
        raise NotFound(_("Connection not found."))
    if problem := problem_with_changing(user, found.user):
        raise Forbidden(problem)
    disconnect(connections=[found])


@group.endpoint("GET /admin/audit", scope=Scope.ADMIN, returns=schemas.AuditEvents)
def list_audit_events(user: User, parameters: ListEvents) -> JSON:
    """List the audit log, the newest first.

    `kind`: only events of this kind. `person`: only those of this person's actions. `before`: the `next` of the
    previous page.
    """
    require_permission(user, "accounts.view_auditevent")
    events = AuditEvent.objects.order_by("-pk")
    if parameters.kind:
        events = events.filter(kind=_known_kind(parameters.kind))
    if parameters.person is not None:
        events = events.filter(actor=parameters.person)
    if parameters.before is not None:
        events = events.filter(pk__lt=parameters.before)
    found = list(events[: PAGE + 1])
    serialized = [{"id": each.pk} | each.as_data() for each in found[:PAGE]]
    return {"events": serialized, "next": found[PAGE - 1].pk if len(found) > PAGE else None}


def _find_account(user_id: int) -> User:
    person = User.objects.filter(pk=user_id, deleted_at=None).first()
    if person is None:
        raise NotFound(_("Person not found."), field="user")
    return person


def _known_kind(kind: str) -> str:
    if kind not in AuditEvent.Kind.values:
        raise Invalid(_("Choose one of %(kinds)s.") % {"kinds": ", ".join(AuditEvent.Kind.values)}, field="kind")
    return kind
