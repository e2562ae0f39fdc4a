"""Template filter `user_agent|browser`: the browser and system in a User-Agent header."""

from django import template

from accounts.presence.user_agents import describe

register = template.Library()
register.filter("browser", describe)
