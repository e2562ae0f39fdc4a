"""Test the layers: which modules may import which, and which concerns stay in one module."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.checkout import PACKAGES, ROOT

ORDER = ["outbound", "live", "accounts", "rooms", "messaging", "integrations", "api", "chatsite"]
MODULES = [path for app in ORDER for path in sorted((ROOT / app).rglob("*.py"))]


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    return names


def test_order_and_type_checks_include_every_package():
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(ORDER) == set(configuration["tool"]["mypy"]["packages"]) == PACKAGES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_only_leftwards(path):
    app = path.relative_to(ROOT).parts[0]
    later = set(ORDER[ORDER.index(app) + 1 :])
    assert not {name for name in imports_of(path) if name.split(".")[0] in later}


def test_live_knows_no_model():
    for path in (ROOT / "live").rglob("*.py"):
        assert not {name for name in imports_of(path) if name.startswith("django.db.models")}, path


def test_only_actions_and_what_they_call_publish():
    """Views, forms, commands and the admin cannot publish changes that no action made."""
    allowed = {
        "live/publish.py",
        "accounts/auth/revocation.py",
        "rooms/events.py",
        "messaging/history/events.py",
        "messaging/runtime/commands.py",
    }
    publishing = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if any(name.startswith("live.publish") for name in imports_of(path))
    }
    assert publishing <= allowed


def test_messages_are_read_through_the_journal():
    """The journal's functions take a viewer and exclude messages from users they block. Actions read messages to change
    them, the index of the search contains all, and a data export reads one's own. All other code uses the journal, `seen_by` or `readable_by`."""
    allowed = (
        "models/",
        "posting/",
        "moderation/",
        "history/journal.py",
        "search/backfill.py",
        "data_export.py",
        "receivers.py",
        "admin.py",
    )
    for path in (ROOT / "messaging").rglob("*.py"):
        if str(path.relative_to(ROOT / "messaging")).startswith(allowed):
            continue
        for line in path.read_text().splitlines():
            if re.search(r"\bMessage\.objects", line) and not line.strip().startswith('"""'):
                assert ".seen_by(" in line or ".readable_by(" in line, f"{path}: {line.strip()}"


def test_robust_callbacks_have_a_name():
    """If one fails, Django logs its `__qualname__`, which a `partial` doesn't have: the request would fail instead."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and any(keyword.arg == "robust" for keyword in node.keywords):
                assert isinstance(node.args[0], ast.Lambda | ast.Name | ast.Attribute), f"{path}:{node.lineno}"


def test_topics_are_spelled_in_one_place():
    for path in MODULES:
        if path.name != "topics.py":
            assert not re.search(r'f"(room|user|session):\{', path.read_text()), path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for_and_stays_small(path):
    tree = ast.parse(path.read_text())
    if tree.body and "migrations" not in path.parts:
        assert ast.get_docstring(tree), "a charter in one line"
    if "migrations" not in path.parts:
        assert len(path.read_text().splitlines()) <= 300


def test_no_module_is_a_drawer():
    assert not [path for path in MODULES if path.stem in ("utils", "helpers", "common", "misc")]


# -- inside an app, packages are layers too ----------------------------------------------------------

# Each app's layers, lowest first: modules or packages, or sets of them that do not import each other. All others belong
# to the layer "…". `rooms` is flat.
LAYERS: dict[str, list[str | set[str]]] = {
    "live": [
        "outages",
        {"topics", "close_codes", "envelope", "rate_limit", "db_threads", "fair_queue", "isolation", "transports"},
        *({"fair_threads", "batcher", "metrics", "flusher"}, {"socket", "relay"}, "hub", "publish", "…"),
    ],
    "accounts": [
        *(
            {
                "unicode",
                "passwords",
                "signals",
                "secret_file",
                "timestamps",
                "links",
                "audit_file",
                "sql",
                "time_zones",
            },
            "usernames",
            "models",
            {"http", "mail"},
            "audit",
            "registration",
            "profile",
            "actions",
        ),
        *("lifecycle", "bots", "auth", "presence", "templatetags", "reporting", "forms", "…"),
    ],
    "messaging": [
        *(
            {"errors", "permissions", "emoji"},
            "rendering",
            "models",
            {"attachments", "reactions", "mentions"},
            "link_previews",
            "history",
            {"search", "threads", "push"},
            "posting",
            {"moderation", "uploads", "saved", "notifications"},
            "scheduled",
        ),
        *("runtime", "web", "…"),
    ],
    "api": [
        *(
            {"errors", "examples", "schemas"},
            "caller",
            "request",
            "routing",
            {"idempotency", "lookups", "paging", "polling", "server_integrations", "stream"},
            "endpoints",
        ),
        *({"openapi", "parameters"}, {"mcp", "reference", "responses"}, "…"),
    ],
    "chatsite": ["conf", "generated_files", "http", "server", "…"],
}
# The folders in static/js follow the same rule; chat_page.js, app.js, logout.js and admin.js connect them.
JAVASCRIPT_LAYERS = [
    *("catalog.js", "i18n.js", "format", "store", "net", "model", "elements", "controllers"),
    *("admin.js", "logout.js", "chat_page.js", "app.js"),
]


def layer_of(app: str, name: str) -> int:
    for index, layer in enumerate(LAYERS[app]):
        if name == layer or (isinstance(layer, set) and name in layer):
            return index
    return LAYERS[app].index("…")


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(ROOT).parts[0] in LAYERS],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_packages_inside_an_app_import_only_lower_layers(path):
    app, name, *_ = path.relative_to(ROOT).with_suffix("").parts
    own = layer_of(app, name)
    if own == LAYERS[app].index("…"):
        return
    imported = {full.split(".")[1] for full in imports_of(path) if full.startswith(f"{app}.")}
    assert not {other for other in imported - {name} if layer_of(app, other) >= own}


def module_graph() -> dict[str, set[str]]:
    """Return the modules that each module imports when it is loaded, except imports for type checkers only."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        found: set[str] = set()
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        graph[name] = {each for each in found if each in names and each != name}
    return graph


def test_no_modules_import_each_other_in_a_circle():
    graph = module_graph()
    while graph:  # every module can be loaded after those that it imports
        leaves = {name for name, imported in graph.items() if not imported & graph.keys()}
        assert leaves, f"these depend on each other: {sorted(graph)}"
        for name in leaves:
            del graph[name]


JAVASCRIPT = sorted((ROOT / "static/js").rglob("*.js"))


@pytest.mark.parametrize("path", JAVASCRIPT, ids=lambda path: str(path.relative_to(ROOT / "static/js")))
def test_javascript_imports_only_lower_layers(path):
    """A folder may import from itself. `loadModule()` also counts, although it fetches later."""
    own = path.relative_to(ROOT / "static/js").parts[0]
    text = path.read_text()
    imported = re.findall(
        r'(?:^(?:import|export)\s[^"();]*|\b(?:import|load(?:Module)?)\()"chatsite/([^"\n]+)"', text, re.MULTILINE
    )
    for name in imported:
        folder = name.split("/")[0]
        if folder not in ("vendor", own):
            assert JAVASCRIPT_LAYERS.index(folder) < JAVASCRIPT_LAYERS.index(own), f"imports {name}"


EXPORTS = re.compile(r"^export (?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)
DEFINITION = re.compile(r"^\s*(?:export |static |async |get |set |function\*? )*(\w+)\(.*\) \{$", re.MULTILINE)
COMMENT_OR_STRING = re.compile(r"/\*.*?\*/|(?<!:)//.*?$|\"(?:[^\"\\\n]|\\.)*\"", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", JAVASCRIPT, ids=lambda path: str(path.relative_to(ROOT / "static/js")))
def test_javascript_imports_what_it_calls(path):
    """Without the import, a module loads all the same, and fails when it comes to the call."""
    exported = {name for other in JAVASCRIPT for name in EXPORTS.findall(other.read_text())}
    code = COMMENT_OR_STRING.sub("", path.read_text())
    called = set(re.findall(r"(?<![.#\w$])(\w+)\(", code)) & exported
    named = set(re.findall(r"(?<![.#\w$])(\w+)\b(?!\()", code))
    assert called <= named | set(DEFINITION.findall(code))
