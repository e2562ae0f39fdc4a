"""Template tag for the number of open reports, which is shown to admins."""

from django import template

from messaging.moderation.reports import count_open_reports

register = template.Library()
register.simple_tag(count_open_reports, name="open_reports")
