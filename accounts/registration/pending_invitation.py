"""The invitation that a visitor followed, kept in their session until they register."""

from django.http import HttpRequest

from accounts.models import Invitation

SESSION_KEY = "invitation"


def set_pending_invitation(request: HttpRequest, invitation: Invitation) -> None:
    request.session[SESSION_KEY] = invitation.code


def clear_pending_invitation(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def pending_invitation(request: HttpRequest) -> Invitation | None:
    """Return the visitor's invitation if it is still valid."""
    code = request.session.get(SESSION_KEY)
    return Invitation.objects.valid().select_related("created_by").filter(code=code).first() if code else None
