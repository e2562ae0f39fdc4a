"""Code blocks, as sent to the process that highlights them."""

from msgspec import Struct

MAX_HIGHLIGHTED = 2_000  # characters of code in one message

LANGUAGES = frozenset(
    "bash c c++ cpp css diff docker dockerfile go golang graphql html ini java javascript js json kotlin lua "
    "md markdown php powershell py python python3 rb ruby rust rs scala sh shell sql swift toml ts tsx typescript "
    "xml yaml yml".split()
)


class CodeBlock(Struct, frozen=True):
    """Code in one of LANGUAGES."""

    language: str
    code: str
