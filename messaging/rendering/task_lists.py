"""Task lists: list items that begin with `[ ]` or `[x]`."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_MARKER = re.compile(r"\[([ xX])\](?=[ \n])")
_CHECKBOX = re.compile("<input( [^>]*)>")


def use_task_lists(markdown: MarkdownIt) -> None:
    """Add task lists to a Markdown parser."""
    markdown.core.ruler.after("inline", "task_lists", _find_tasks)
    markdown.add_render_rule("task", _render_checkbox)


def replace_checkboxes(html: str) -> str:
    """Return HTML with ☑ and ☐ in place of checkboxes."""
    return _CHECKBOX.sub(lambda tag: "☑" if "checked" in tag[1] else "☐", html)


def _find_tasks(state: StateCore) -> None:
    for item, _paragraph, content in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and content.children and content.children[0].type == "text":
            _add_checkbox(content.children)


def _add_checkbox(children: list[Token]) -> None:
    text = children[0]
    if not (marker := _MARKER.match(text.content)):
        return
    text.content = text.content[marker.end() :]
    checkbox = Token("task", "input", 0)
    checkbox.attrs = {"type": "checkbox", "disabled": ""}
    if marker[1] != " ":
        checkbox.attrs["checked"] = ""
    children.insert(0, checkbox)


def _render_checkbox(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return f"<input{renderer.renderAttrs(tokens[index])}>"
