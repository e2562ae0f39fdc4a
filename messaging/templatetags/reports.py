"""For those who look after reports: how many wait."""

from django import template

from accounts.models import User
from messaging.models import Report

register = template.Library()


@register.simple_tag
def open_reports(user: User) -> int:
    """None wait for whoever may not see them."""
    may = user.has_perm("messaging.view_report")
    return Report.objects.filter(state=Report.State.OPEN).count() if may else 0
