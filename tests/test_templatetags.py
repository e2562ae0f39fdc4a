"""Template tags: JSON data for the modules, and constant templates."""

import json
import re

from django.template.loader import render_to_string
from django.utils import translation

from chatsite.templatetags.chatsite import include_constant, json_data


def test_data_comes_through_whole_and_ends_no_element():
    data = {"text": '</script><script>alert(1)</script> <!-- & é \u2028 \\ "', "list": [1, None, True]}
    html = json_data(data, "page")
    inside = re.fullmatch(r'<script id="page" type="application/json">(.*)</script>', html, re.DOTALL)[1]
    assert not re.search("[<>&]", inside)
    assert json.loads(inside) == data


def test_constant_templates_are_rendered_once_for_each_language():
    for language in ("en", "de"):
        with translation.override(language):
            first = include_constant("chat/_templates.html")
            assert first == render_to_string("chat/_templates.html")
            assert include_constant("chat/_templates.html") is first
