"""`user_agent|browser`: what a browser calls itself, in words for people."""

from django import template

from accounts.presence.user_agents import describe

register = template.Library()
register.filter("browser", describe)
