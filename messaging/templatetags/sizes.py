"""Sizes of files as people say them."""

from django import template

from messaging.attachments.limits import megabytes

register = template.Library()
register.filter("megabytes", megabytes)
