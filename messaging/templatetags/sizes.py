"""Sizes of files as people say them."""

from django import template

from messaging.attachments.limits import format_size

register = template.Library()
register.filter("format_size", format_size)
