"""The number of open reports, for admins."""

from django import template

from accounts.models import User
from messaging.models import Report

register = template.Library()


@register.simple_tag
def open_reports(user: User) -> int:
    """Return the number of open reports; 0 for people who may not see them."""
    may = user.has_perm("messaging.view_report")
    return Report.objects.filter(state=Report.State.OPEN).count() if may else 0
