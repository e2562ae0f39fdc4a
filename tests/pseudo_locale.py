"""The pseudo-locale en-XA. Texts are accented, a third longer and in ⟦brackets⟧, so that untranslated ones stand out.

`python -m tests.pseudo_locale FOLDER` builds it in FOLDER, from the texts that `bin/messages` finds in the code.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib

from tests.checkout import PACKAGES, ROOT

SOURCES = (*PACKAGES, "bin", "client", "static/js", "templates", "manage.py", "requirements.txt")
LOCALE = "en_XA"
ACCENTS = str.maketrans("AEIOUYaceinouy", "ÅÉÎÖÛÝåçéîñöûý")
# Placeholders, markup, entities and escapes are unchanged.
_KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]*>|&\w+;|https?://\S+)")


def pseudo(text: str) -> str:
    """Turn 'Log out' into '⟦Lög öût ~~⟧'. Line breaks at both ends are kept, as gettext requires."""
    body = text.strip("\n")
    start, end = text[: len(text) - len(text.lstrip("\n"))], text[len(text.rstrip("\n")) :]
    parts = _KEPT.split(body)
    accented = "".join(part if index % 2 else part.translate(ACCENTS) for index, part in enumerate(parts))
    longer = "~" * -(-sum(map(len, parts[::2])) // 3)
    return f"{start}⟦{accented} {longer}⟧{end}"


def build(folder: Path) -> Path:
    """Write en_XA/LC_MESSAGES/{django,djangojs}.mo in `folder`, and return `folder`."""
    checkout = folder / "checkout"
    for name in SOURCES:
        source, copy = ROOT / name, checkout / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
        else:
            shutil.copy(source, copy)
    (checkout / ".venv").symlink_to(Path(sys.prefix))
    subprocess.run(["bin/messages", LOCALE], cwd=checkout, check=True, capture_output=True, text=True)
    messages = Path(LOCALE) / "LC_MESSAGES"
    (folder / messages).mkdir(parents=True, exist_ok=True)
    for domain in ("django", "djangojs"):
        translate(checkout / "locale" / messages / f"{domain}.po", folder / messages / f"{domain}.mo")
    shutil.rmtree(checkout)
    return folder


def build_client(folder: Path) -> Path:
    """Copy the packages of client/ to `folder` with their texts in en-XA, and return their folder."""
    shutil.copytree(ROOT / "client", folder / "client", ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    shutil.copytree(ROOT / "bin", folder / "bin")
    subprocess.run(["bin/lib/client_messages.sh", LOCALE], cwd=folder, check=True, capture_output=True, text=True)
    catalog = folder / "client/chatsite_client/locale" / LOCALE / "LC_MESSAGES/chatsite.po"
    translate(catalog, catalog.with_suffix(".mo"))
    return folder / "client"


def translate(source: Path, compiled: Path) -> None:
    """Turn all texts of a catalog into pseudo-texts, and compile it."""
    catalog = polib.pofile(str(source), encoding="utf-8")
    for entry in catalog:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: pseudo(entry.msgid), 1: pseudo(entry.msgid_plural)}
        else:
            entry.msgstr = pseudo(entry.msgid)
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
    catalog.metadata["Plural-Forms"] = "nplurals=2; plural=(n != 1);"
    catalog.save_as_mofile(str(compiled))


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
