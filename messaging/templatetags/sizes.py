"""Template filter for file sizes."""

from django import template

from messaging.attachments.sizes import format_size

register = template.Library()
register.filter("format_size", format_size)
