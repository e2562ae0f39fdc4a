"""The texts of this package in the language that the environment names, for example with `LANG`."""

import gettext as gettext_module
import os
import re
from pathlib import Path

_translations = gettext_module.translation("chatsite", Path(__file__).parent / "locale", fallback=True)

gettext = _translations.gettext
ngettext = _translations.ngettext

VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts


def accepted_languages() -> str:
    """Return the languages that the environment names, for the header `Accept-Language`."""
    named = next(filter(None, map(os.environ.get, VARIABLES)), "")
    codes = [re.split("[.@]", locale)[0].replace("_", "-") for locale in named.split(":")]
    return ", ".join(code for code in codes if re.fullmatch("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code)) or "en"
