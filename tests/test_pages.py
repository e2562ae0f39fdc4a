"""Every page is in the lists that the tests and screenshots share."""

from contextlib import suppress
from uuid import UUID

from django.contrib import admin
from django.urls import Resolver404, URLPattern, get_resolver, resolve

from tests.pages import FOR_MEMBERS, NO_PAGE, SIGNED_OUT

VALUES = {
    "room": 1,
    "person": "p",
    "mira": 1,
    "report": 1,
    "message": 1,
    "group": 1,
    "webhook": 1,
    "conversation": 2,
    "code": "c",
    "token": 1,
    "bot": 1,
    "scheduled": UUID(int=1),
    "outgoing": 1,
    "command": 1,
}


def test_every_url_is_a_listed_page_or_no_page():
    names = {
        f"{resolver.namespace}:{pattern.name}" if resolver.namespace else pattern.name
        for resolver in get_resolver().url_patterns
        if resolver.namespace != "admin"
        for pattern in resolver.url_patterns
        if isinstance(pattern, URLPattern)
    }
    assert names - opened() == NO_PAGE


def test_every_list_of_the_admin_is_a_listed_page():
    names = {f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry}
    assert names - opened() == set()


def opened() -> set[str]:
    names = set()
    for path in (*FOR_MEMBERS, *SIGNED_OUT):
        with suppress(Resolver404):
            names.add(resolve(path.partition("?")[0].format(**VALUES)).view_name)
    return names
