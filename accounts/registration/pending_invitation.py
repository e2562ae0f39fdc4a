"""The invitation that a visitor followed, kept in their session until they register."""

from django.http import HttpRequest

from accounts.models import Invitation

SESSION_KEY = "invitation"


def carry(request: HttpRequest, invitation: Invitation) -> None:
    request.session[SESSION_KEY] = invitation.code


def drop(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def carried_invitation(request: HttpRequest) -> Invitation | None:
    """The visitor's invitation while it still lets somebody in."""
    code = request.session.get(SESSION_KEY)
    return Invitation.objects.valid().select_related("created_by").filter(code=code).first() if code else None
