"""Template filter for file sizes."""

from django import template

from messaging.attachments.limits import format_size

register = template.Library()
register.filter("format_size", format_size)
