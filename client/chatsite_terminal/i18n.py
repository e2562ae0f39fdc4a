"""Translations of the interface, in the language of the terminal."""

import gettext as gettext_module
from pathlib import Path

_translations = gettext_module.translation("terminal", Path(__file__).parent / "locale", fallback=True)

gettext = _translations.gettext
ngettext = _translations.ngettext
