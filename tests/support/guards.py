"""The rules of the house, read from the source. Each rule returns what breaks it, in words.

``tests/test_guards.py`` runs them over everything and shows each failing on a planted violation.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "integrations", "approvals", "agents", "copilot")
QUEUES = {"inbox", "drafts", "effects", "routine"}


@dataclass(frozen=True)
class Source:
    """One file. Parsed when a rule first asks: to read all of them takes two seconds, and who only
    looks at the words needs none of it."""

    path: str
    text: str

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        return cls(path, text)

    @cached_property
    def all_nodes(self) -> list[ast.AST]:
        """Walked once for all rules, in the order in which ``ast.walk`` meets them."""
        return list(ast.walk(ast.parse(self.text)))

    @cached_property
    def imports(self) -> list[tuple[ast.AST, str]]:
        return list(_imported(self))

    @property
    def app(self) -> str:
        return self.path.split("/")[0]

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.path

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in self.all_nodes if isinstance(node, kinds))

    def at(self, node: ast.AST, said: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {said}"


Rule = Callable[[Iterable[Source]], list[str]]


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the product (not its tests), read once by a process."""
    found = [ROOT / "manage.py"]
    for folder in (*APPS, "benchmarks"):
        found += sorted((ROOT / folder).rglob("*.py"))
    return tuple(Source.of(str(path.relative_to(ROOT)), path.read_text()) for path in found)


def imported(source: Source) -> list[tuple[ast.AST, str]]:
    """Every module a file imports, also inside functions, under TYPE_CHECKING and by name.

    ``from a.b import c`` gives ``a.b`` and ``a.b.c``: whether c is a module cannot be seen.
    """
    return source.imports


def _imported(source: Source) -> Iterator[tuple[ast.AST, str]]:
    package = source.path.removesuffix("/__init__.py").removesuffix(".py").split("/")
    if not source.path.endswith("/__init__.py"):
        package = package[:-1]
    for node in source.all_nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node, name.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield node, module
            for name in node.names:
                yield node, f"{module}.{name.name}"
        elif isinstance(node, ast.Call) and _name(node.func).endswith("import_module"):
            yield from ((node, text) for text in _texts(node.args[:1]))


def imports_run_one_way(files: Iterable[Source]) -> list[str]:
    """copilot → agents → approvals → integrations → core, also through names in strings."""
    broken = []
    for file in files:
        if file.app not in APPS or file.is_migration:
            continue
        above = APPS[APPS.index(file.app) + 1 :]
        names = rf"({'|'.join(above)})(\.\w+)+"
        for node, module in imported(file):
            if module.split(".")[0] in above:
                broken.append(file.at(node, f"imports {module}"))
        for constant in file.nodes(ast.Constant):
            text = constant.value  # type: ignore[attr-defined]
            if above and isinstance(text, str) and re.fullmatch(names, text):
                broken.append(file.at(constant, f"names {text}"))
    return sorted(set(broken))


# module → {where it may be imported: why}
DOORS: dict[str, dict[str, str]] = {
    "httpx": {
        "core/http.py": "the one outbound door",
        "core/wire.py": "the wire below the door",
        "integrations/sandbox/*": "a platform of its own, in its own process",
    },
    "httpcore": {"core/wire.py": "connects to the checked address"},
    "openai": {"agents/llm.py": "the one door to a model"},
    "guardian": {
        "integrations/models/rights.py": "the permission tables",
        "integrations/roles.py": "mirrors platform roles into rights",
        "approvals/permissions.py": "reads rights",
    },
    "http.client": {"copilot/supervisor/demo.py": "asks our own web process whether it is up"},
    "httpx2": {},
    "requests": {},
    "aiohttp": {},
    "urllib3": {},
    "urllib.request": {},
    "websockets": {},
}


def one_door_each(files: Iterable[Source]) -> list[str]:
    broken = []
    for file in files:
        if file.app == "benchmarks":
            continue
        for node, module in imported(file):
            for door, places in DOORS.items():
                through = module == door or module.startswith(f"{door}.")
                if through and not any(fnmatch(file.path, place) for place in places):
                    broken.append(file.at(node, f"imports {module}"))
    return sorted(set(broken))


def stale_doors(files: Iterable[Source]) -> list[str]:
    """A permission nobody uses any more would let the next one in unseen."""
    files = list(files)
    stale = []
    for door, places in DOORS.items():
        for place in places:
            used = any(
                module == door or module.startswith(f"{door}.")
                for file in files
                if fnmatch(file.path, place)
                for _, module in imported(file)
            )
            if not used:
                stale.append(f"{place} no longer imports {door}")
    return stale


ACTIONS = re.compile(r"^integrations\.(platforms\.\w+\.actions|channels\.acting)(\.|$)")
ACTIONS_BY_NAME = re.compile(r"\.actions$")
EFFECTS = ("approvals/effects*.py", "approvals/effects/*.py")
OUTBOUND = (
    "core/*",
    "integrations/platforms/*",
    "integrations/channels/*",
)


def only_effects_act(files: Iterable[Source]) -> list[str]:
    """A platform's ``actions`` is imported by approvals/effects alone, however it is spelled."""
    broken = []
    for file in files:
        if any(fnmatch(file.path, place) for place in EFFECTS):
            continue
        inside = re.fullmatch(r"integrations/platforms/\w+/.*", file.path)
        for node, module in imported(file):
            if ACTIONS.match(module) or (inside and module.endswith(".actions")):
                broken.append(file.at(node, f"imports {module}"))
            elif isinstance(node, ast.Call) and ACTIONS_BY_NAME.search(module):
                broken.append(file.at(node, f"imports {module} by name"))
    return sorted(set(broken))


def only_adapters_call_out(files: Iterable[Source]) -> list[str]:
    """``core.http`` is for adapters and channels: an agent reaches nothing by itself."""
    return sorted(
        {
            file.at(node, f"imports {module}")
            for file in files
            if not any(fnmatch(file.path, place) for place in OUTBOUND)
            for node, module in imported(file)
            if module == "core.http" or module.startswith(("core.http.", "core.wire"))
        }
    )


def tasks_name_their_queue(files: Iterable[Source]) -> list[str]:
    """Every Celery task has a name of its own, a known queue and at most ten lines."""
    broken = []
    for file in files:
        for function in file.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            for decorator in function.decorator_list:  # type: ignore[attr-defined]
                if not re.search(r"(^|\.)(shared_task|task)$", _name(_called(decorator))):
                    continue
                broken += [file.at(function, said) for said in _task_faults(function, decorator)]
    return broken


def _task_faults(function: ast.AST, decorator: ast.expr) -> Iterator[str]:
    given = {}
    if isinstance(decorator, ast.Call):
        given = {word.arg: word.value for word in decorator.keywords}
    queue = getattr(given.get("queue"), "value", None)
    if queue not in QUEUES:
        yield f"names no queue of {sorted(QUEUES)}"
    if not isinstance(getattr(given.get("name"), "value", None), str):
        yield "has no name of its own"
    if getattr(given.get("ignore_result"), "value", None) is False:
        yield "keeps a result, which nobody reads"
    for word in ("bind", "autoretry_for", "max_retries", "retry_backoff", "default_retry_delay"):
        if word in given:
            yield f"uses Celery's {word}"
    if _lines(function) > 10:
        yield f"has {_lines(function)} lines; a task calls one function"


def later_means_not_before(files: Iterable[Source]) -> list[str]:
    """No eta, countdown or Celery retry: past the broker's time-out they run again and again."""
    broken = []
    for file in files:
        for call in file.nodes(ast.Call):
            for word in call.keywords:  # type: ignore[attr-defined]
                if word.arg in {"eta", "countdown"}:
                    broken.append(file.at(call, f"passes {word.arg}"))
            # core/work.py defines the retry that everybody else is to use.
            if _name(call.func) == "self.retry" and file.path != "core/work.py":  # type: ignore[attr-defined]
                broken.append(file.at(call, "calls self.retry"))
    return broken


def sizes_stay_small(files: Iterable[Source]) -> list[str]:
    broken = []
    for file in files:
        if file.is_migration:
            continue
        lines = file.text.count("\n")
        if lines > 400:
            broken.append(f"{file.path}: {lines} lines, 400 at most")
        for function in file.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            if _lines(function) > 40:
                name = function.name  # type: ignore[attr-defined]
                broken.append(file.at(function, f"{name} has {_lines(function)} lines, 40 at most"))
    return broken


NOW = re.compile(
    r"(^|\.)(timezone\.(now|localtime|localdate)|datetime\.(now|utcnow|today)|date\.today)$"
)
OWN_CLOCK = ("core/clock.py", "integrations/sandbox/*", "copilot/supervisor/*", "benchmarks/*")


def time_comes_from_the_clock(files: Iterable[Source]) -> list[str]:
    broken = []
    for file in files:
        if any(fnmatch(file.path, place) for place in OWN_CLOCK):
            continue
        for node in file.nodes(ast.Attribute, ast.Call, ast.ImportFrom):
            if isinstance(node, ast.Attribute) and NOW.search(_name(node)):
                # localtime(value) converts; only without a value does it ask for the time.
                if not _name(node).endswith(("localtime", "localdate")):
                    broken.append(file.at(node, f"asks {_name(node)} for the time"))
            elif isinstance(node, ast.Call) and not node.args and NOW.search(_name(node.func)):
                broken.append(file.at(node, f"asks {_name(node.func)} for the time"))
            elif isinstance(node, ast.ImportFrom) and node.module == "django.utils.timezone":
                broken += [
                    file.at(node, "imports now from django.utils.timezone")
                    for name in node.names
                    if name.name == "now"
                ]
    return sorted(set(broken))


# The third column of the glossary. In the first set no class name may hold the word at all.
NEVER = frozenset(
    {"Tenant", "Guest", "Customer", "Booking", "Webhook", "Bot", "Workflow"}
    | {"Ticket", "Suggestion", "Job"}
)
# Ordinary words elsewhere: only a class named exactly so would be taken for the thing.
NEVER_ALONE = frozenset(
    {"Account", "Visit", "Signal", "Task", "Version", "Context", "Risk", "Log", "Command"}
)
WORDS_ALLOWED = {
    "integrations/platforms/*": "an adapter speaks the platform's words before mapping them",
    "integrations/sandbox/*": "a platform of its own",
    "*/management/commands/*": "Django's name for a management command",
    "agents/base.py": "what an agent gathers is called Context in the design",
    "agents/context.py": "what an agent gathers is called Context in the design",
}


def words_of_the_glossary(files: Iterable[Source]) -> list[str]:
    broken = []
    for file in files:
        if any(fnmatch(file.path, place) for place in WORDS_ALLOWED) or file.is_migration:
            continue
        for node in file.nodes(ast.ClassDef):
            name = node.name  # type: ignore[attr-defined]
            words = set(re.findall(r"[A-Z][a-z]+", name))
            if words & NEVER or name in NEVER_ALONE:
                broken.append(file.at(node, f"class {name}"))
    return broken


def untested(discovered: Iterable[str], tests: Iterable[str]) -> list[str]:
    """Platforms and agents that no test file is named after (``test_<name>.py``, or with more)."""
    names = [Path(test).stem for test in tests]
    return [
        thing
        for thing in discovered
        if not any(name == f"test_{thing}" or name.startswith(f"test_{thing}_") for name in names)
    ]


def discovered_platforms(root: Path = ROOT) -> list[str]:
    found = (root / "integrations/platforms").iterdir()
    return sorted(path.name for path in found if (path / "__init__.py").exists())


def discovered_agents(root: Path = ROOT) -> list[str]:
    found = (root / "agents/definitions").glob("*.py")
    return sorted(path.stem for path in found if not path.stem.startswith("_"))


def _name(node: ast.AST) -> str:
    """``a.b.c`` of a name or attribute, '' of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return ""


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The constant text of string arguments; of an f-string what is constant in it."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "x" for part in node.values]
            yield "".join(map(str, parts))


def _lines(function: ast.AST) -> int:
    return function.end_lineno - function.lineno + 1  # type: ignore[attr-defined]
