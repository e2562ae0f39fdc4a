"""Template tag for the number of open reports, which is shown to admins."""

from django import template

from accounts.models import User
from messaging.models import Report

register = template.Library()


@register.simple_tag
def open_reports(user: User) -> int:
    """Return the number of open reports, or 0 for users who may not see them."""
    may = user.has_perm("messaging.view_report")
    return Report.objects.filter(state=Report.State.OPEN).count() if may else 0
