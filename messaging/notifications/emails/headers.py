"""Headers of the emails about messages: what mail programs and servers need to know about them."""

import re
import unicodedata
from collections.abc import Sequence

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.links import site_host

MAX_SUBJECT = 150  # characters
_SALT = "messaging.notifications.thread"
_SEPARATORS = re.compile(r"\s+")


def headers_of(user_id: int, name: str, number: int, unsubscribe: str) -> dict[str, str]:
    """Return the headers of an email. `name` names its thread, and `number` the email in it.

    The ids don't tell what they stand for. Those of a repeated email are the same, so that mail programs show one.
    """
    return {
        "Message-ID": _id_of(user_id, f"{name}:{number}"),
        **dict.fromkeys(("References", "In-Reply-To"), _id_of(user_id, name)),
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
    }


def subject_of(title: str, senders: Sequence[str] = ()) -> str:
    """Return a subject such as “#garden – Ana and 2 others”, on one line whatever the names contain."""
    subject = _("%(title)s – %(people)s") % {"title": title, "people": _people(senders)} if senders else title
    line = _on_one_line(subject)
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1].rstrip()}…"


def _people(names: Sequence[str]) -> str:
    first, *others = names
    if not others:
        return first
    if len(others) == 1:
        return _("%(names)s and %(last)s") % {"names": first, "last": others[0]}
    text = ngettext("%(name)s and %(count)d other", "%(name)s and %(count)d others", len(others))
    return text % {"name": first, "count": len(others)}


def _on_one_line(text: str) -> str:
    """Replace what could begin another header, or can't be encoded."""
    kept = "".join(" " if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") else each for each in text)
    return _SEPARATORS.sub(" ", kept).strip()


def _id_of(user_id: int, name: str) -> str:
    return f"<{salted_hmac(_SALT, f'{user_id}:{name}').hexdigest()}@{site_host()}>"
