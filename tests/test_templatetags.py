"""The JSON data for the page's modules."""

import json
import re

from chatsite.templatetags.chatsite import json_data


def test_data_comes_through_whole_and_ends_no_element():
    data = {"text": '</script><script>alert(1)</script> <!-- & é \u2028 \\ "', "list": [1, None, True]}
    html = json_data(data, "page")
    inside = re.fullmatch(r'<script id="page" type="application/json">(.*)</script>', html, re.DOTALL)[1]
    assert not re.search("[<>&]", inside)
    assert json.loads(inside) == data
