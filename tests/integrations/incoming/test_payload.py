"""Payloads of webhooks: Slack's messages with blocks and attachments, forms, plain text, and nonsense."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.incoming.payload import FORM, MAX_TEXT, PayloadError, Post, read_post

JSON = {"content-type": "application/json"}


def read(payload: Any, **kwargs: Any) -> Post:
    return read_post(JSON, json.dumps(payload).encode(), **kwargs)


def body_of(**payload: Any) -> str:
    return read(payload).body


# -- how it is sent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/json", b'{"text": "*hi*"}', "**hi**"),
        ("application/json; charset=utf-8", b'{"text": "h\\u00e9"}', "hé"),
        (FORM, urlencode({"payload": '{"text": "*hi*"}'}).encode(), "**hi**"),
        (FORM, b'{"text": "*hi*"}', "**hi**"),
        (FORM, b"**Hello** = you & me", "**Hello** = you & me"),
        ("text/plain", b"**Hello**\r\nyou", "**Hello**\nyou"),
        ("", b"Hello", "Hello"),
    ],
    ids=["JSON", "charset", "form", "JSON as a form", "curl -d", "text", "no type"],
)
def test_kinds_of_bodies(kind, body, expected):
    assert read_post({"content-type": kind}, body).body == expected


@pytest.mark.parametrize(
    ("kind", "body", "word"),
    [
        ("application/json", b"{", "invalid_payload"),
        ("application/json", b"[]", "invalid_payload"),
        ("application/json", b"\xff", "invalid_payload"),
        ("application/json", b"[" * 100_000, "invalid_payload"),
        ("application/json", b"{}", "no_text"),
        ("application/json", b'{"text": ""}', "no_text"),
        ("application/json", b'{"text": ["a"]}', "no_text"),
        ("application/json", b'{"attachments": [%s]}' % b",".join([b"{}"] * 101), "too_many_attachments"),
        (FORM, b"payload=", "no_text"),
        (FORM, b"payload=1" + b"&a=1" * 60, "invalid_payload"),
        ("text/plain", b" \n", "no_text"),
    ],
    ids=[
        *("cut off", "list", "not UTF-8", "deep", "empty object", "empty text", "wrong type", "attachments", "no JSON"),
        *("many fields", "blank text"),
    ],
)
def test_invalid_payloads_are_refused_in_slacks_words(kind, body, word):
    with pytest.raises(PayloadError) as refused:
        read_post({"content-type": kind}, body)
    assert refused.value.word == word
    assert refused.value.detail.endswith(".")


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda children: st.one_of(
        st.lists(children, max_size=4),
        st.dictionaries(
            st.sampled_from(
                "text blocks attachments type elements fields value title style bold code color ts url alerts receiver "
                "orgId status labels annotations groupKey heartbeat monitor msg event project user commits".split()
            )
            | st.text(max_size=8),
            children,
            max_size=6,
        ),
    ),
    max_leaves=30,
)
TYPES = "section header divider context image markdown rich_text actions rich_text_list rich_text_section text".split()
BLOCKS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(TYPES)}, optional=dict.fromkeys(("text", "elements", "fields", "accessory"), VALUES)
    )
)
EVENTS = "push pull_request issues issue_comment release workflow_run deployment_status ping".split()
HEADERS = st.one_of(
    st.just({}),
    st.sampled_from(EVENTS).map(lambda event: {"x-github-event": event}),
    st.sampled_from(EVENTS).map(lambda event: {"x-gitea-event": event}),
    st.just({"x-gitlab-event": "Push Hook"}),
    st.sampled_from(["issue", "event_alert", "error", "metric_alert"]).map(lambda kind: {"sentry-hook-resource": kind}),
)


@settings(deadline=None, max_examples=300)
@given(
    HEADERS, st.one_of(VALUES, st.fixed_dictionaries({"blocks": BLOCKS, "attachments": st.lists(VALUES, max_size=3)}))
)
def test_any_payload_is_read_or_refused(headers, payload):
    try:
        post = read_post(JSON | headers, json.dumps(payload, allow_nan=False).encode())
    except (PayloadError, ValueError):
        return
    assert len(post.body) <= 20_000


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["application/json", FORM, "text/plain", ""]))
def test_any_bytes_are_read_or_refused(body, kind):
    try:
        read_post({"content-type": kind}, body)
    except PayloadError as error:
        assert error.word in ("invalid_payload", "no_text")


def test_the_result_is_bounded_whatever_is_sent():
    attachments = [{"text": "*_~" * 10_000} for _ in range(8)]
    assert len(body_of(attachments=attachments)) < 4 * MAX_TEXT


# -- Slack's fields -------------------------------------------------------------------------------


def test_name_and_thread():
    post = read({"text": "hi", "username": "Deploy\nbot", "icon_emoji": ":rocket:", "thread_ts": "123"})
    assert (post.alias, post.thread, post.source) == (("Deploy bot", "🚀"), 123, "Slack")
    assert read({"text": "hi", "thread_ts": "1503435956.000247"}).thread == 0


def test_texts_can_be_markdown():
    assert read({"text": "**hi** [a](https://x.org)"}, is_markdown=True).body == "**hi** [a](https://x.org)"


def test_blocks_replace_the_text():
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Deploy :rocket: *1*"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*api* is live"},
            "fields": [{"type": "mrkdwn", "text": "*Env*\nprod"}, {"type": "plain_text", "text": "2 * 2"}],
            "accessory": {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://x.org/1"},
        },
        {"type": "divider"},
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": "by <@ana>"}, {"type": "plain_text", "text": "now"}],
        },
        {"type": "image", "image_url": "https://x.org/a.png", "alt_text": "A graph"},
        {"type": "markdown", "text": "**as it is**"},
        {
            "type": "actions",
            "elements": [{"type": "button", "text": {"text": "Logs"}, "url": "https://x.org/l"}, {"type": "button"}],
        },
        {"type": "input"},
    ]
    assert body_of(text="Deployed", blocks=blocks).split("\n\n") == [
        "### Deploy 🚀 \\*1\\*",
        "**api** is live",
        "**Env**\nprod",
        "2 \\* 2",
        "[Open](https://x.org/1)",
        "---",
        "by @ana · now",
        "[A graph](https://x.org/a.png)",
        "**as it is**",
        "[Logs](https://x.org/l)",
    ]


def test_the_text_is_shown_if_no_block_can_be():
    assert body_of(text="Deployed", blocks=[{"type": "input"}]) == "Deployed"


def test_rich_text():
    def section(*elements: Any) -> dict[str, Any]:
        return {"type": "rich_text_section", "elements": list(elements)}

    def text(shown: str, **style: bool) -> dict[str, Any]:
        return {"type": "text", "text": shown, "style": style}

    elements = [
        section(text("a "), text("bold ", bold=True), text("x_y", code=True), {"type": "user", "user_id": "ana"}),
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [section(text("one")), section(text("two", italic=True))],
        },
        {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [section(text("in"))]},
        {"type": "rich_text_quote", "elements": [text("q"), {"type": "link", "url": "https://x.org", "text": "l"}]},
        {"type": "rich_text_preformatted", "elements": [text("*code*")]},
        section({"type": "emoji", "name": "tada"}, {"type": "broadcast", "range": "here"}),
    ]
    assert body_of(blocks=[{"type": "rich_text", "elements": elements}]).split("\n\n") == [
        "a **bold** `x_y`@ana",
        "1. one\n2. _two_",
        "    - in",
        "> q[l](https://x.org)",
        "```\n*code*\n```",
        "🎉@here",
    ]


def test_attachments():
    attachment = {
        "color": "#d00000",
        "pretext": "*Look*",
        "author_name": "Monitor",
        "author_link": "https://x.org/m",
        "title": "CPU [high]",
        "title_link": "https://x.org/1",
        "text": "at _95 %_",
        "fields": [
            {"title": "Host", "value": "a1", "short": True},
            {"title": "Zone", "value": "b2", "short": True},
            {"title": "Note", "value": "long", "short": False},
        ],
        "image_url": "https://x.org/g.png",
        "footer": "Prometheus",
        "ts": 1764500000,
        "actions": [{"type": "button", "text": "Silence", "url": "https://x.org/s"}],
        "fallback": "CPU high",
    }
    assert body_of(text="Alert", attachments=[attachment]).split("\n\n") == [
        "Alert",
        "**Look**",
        "🔴 [Monitor](https://x.org/m)\n**[CPU \\[high\\]](https://x.org/1)**",
        "at _95 %_",
        "**Host** a1 · **Zone** b2\n**Note** long",
        "[https://x.org/g.png](https://x.org/g.png)",
        "Prometheus · 2025-11-30 10:53 UTC",
        "[Silence](https://x.org/s)",
    ]


@pytest.mark.parametrize(
    ("color", "circle"),
    [
        ("good", "🟢 "),
        ("warning", "🟡 "),
        ("danger", "🔴 "),
        ("#36a64f", "🟢 "),
        ("#439FE0", "🔵 "),
        ("#xyz", ""),
        ("", ""),
    ],
    ids=["good", "warning", "danger", "green", "blue", "nonsense", "none"],
)
def test_colors_become_circles(color, circle):
    assert body_of(attachments=[{"color": color, "text": "x"}]) == f"{circle}x"


def test_the_fallback_is_shown_if_there_is_nothing_else():
    assert body_of(attachments=[{"color": "good", "fallback": "Build passed"}]) == "Build passed"
