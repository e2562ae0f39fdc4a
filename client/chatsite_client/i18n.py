"""The texts of this package in the language that the environment names, for example with `LANG`."""

import gettext as gettext_module
from pathlib import Path

_translations = gettext_module.translation("chatsite", Path(__file__).parent / "locale", fallback=True)

gettext = _translations.gettext
ngettext = _translations.ngettext
