"""Template tags: constant templates."""

from django.template.loader import render_to_string
from django.utils import translation

from chatsite.templatetags.chatsite import include_constant


def test_constant_templates_are_rendered_once_for_each_language():
    for language in ("en", "de"):
        with translation.override(language):
            first = include_constant("chat/_templates.html")
            assert first == render_to_string("chat/_templates.html")
            assert include_constant("chat/_templates.html") is first
