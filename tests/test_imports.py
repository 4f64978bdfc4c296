"""Who may import whom: read from the source, so that an import inside a function counts too.

Imports for type checkers alone (``if TYPE_CHECKING:``) tie nothing together when the program runs
and do not count.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("bidhall", "crypto", "evaluation")


@dataclass(frozen=True)
class Pure:
    """A part without clock, randomness, files or network: what it may import besides Python."""

    ours: tuple[str, ...]
    libraries: tuple[str, ...] = ()


PURE = {
    "crypto": Pure(("crypto",), ("cryptography", "pyrage", "rfc8785")),
    "evaluation": Pure(("evaluation",)),
    "bidhall/cases": Pure(("bidhall.cases", "bidhall.errors", "crypto", "evaluation")),
}

# Parts of Python a pure part may not use, and what it gets instead.
IMPURE_MODULES = {
    "asyncio": "waiting belongs to the callers",
    "http": "no network",
    "importlib": "an import must be visible to this test",
    "logging": "a pure function answers or raises",
    "multiprocessing": "processes belong to the callers",
    "os": "no files, environment or os.urandom: bytes are arguments",
    "pathlib": "no files: bytes and streams are arguments",
    "random": "a seed is an argument",
    "secrets": "random bytes are arguments",
    "select": "no network",
    "shutil": "no files",
    "signal": "no processes",
    "socket": "no network",
    "sqlite3": "no database",
    "ssl": "no network",
    "subprocess": "no processes",
    "tempfile": "no files",
    "time": "the time is an argument",
    "urllib": "no network",
    "uuid": "ids are arguments",
}

# Names that read a clock or make randomness, wherever they come from.
IMPURE_CALLS = {
    "__import__": "an import must be visible to this test",
    "generate": "key pairs are made by the callers",
    "generate_key": "keys are arguments",
    "generate_private_key": "key pairs are made by the callers",
    "input": "no terminal",
    "now": "the time is an argument",
    "open": "no files: bytes and streams are arguments",
    "print": "a pure function answers or raises",
    "today": "the time is an argument",
    "urandom": "random bytes are arguments",
    "utcnow": "the time is an argument",
}

# The server's edges are imported by the one place that wires everything, and by themselves.
EDGES = ("bidhall.api", "bidhall.rooms")
WIRING = {
    "bidhall/app.py": "wires everything",
    "bidhall/serve.py": "hands the rooms' socket protocol to the server it starts",
}


def breaches(root: Path) -> list[str]:
    """Say where a source file under ``root`` imports or calls what its part may not."""
    found: list[str] = []
    for package in OURS:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            tree = ast.parse(path.read_text(), name)
            for line, module in imports(tree, name):
                found += [f"{name}:{line} imports {module}: {why}" for why in _wrong(name, module)]
            if part_of(name):
                found += [f"{name}:{line} calls {what}" for line, what in _impure_calls(tree)]
    return found


def part_of(name: str) -> str:
    """Give the pure part a file belongs to, or nothing."""
    return next((part for part in PURE if name.startswith(f"{part}/")), "")


def imports(tree: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    """Give every module imported anywhere in the file, with its line."""
    for node in _running(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, name)
            # `from bidhall import rooms` imports bidhall.rooms as much as bidhall
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield other
                yield from _running(other)
            continue
        yield child
        yield from _running(child)


def _absolute(node: ast.ImportFrom, name: str) -> str:
    if not node.level:
        return node.module or ""
    package = name.removesuffix(".py").split("/")[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def _wrong(name: str, module: str) -> Iterator[str]:
    for edge in EDGES:
        inside = f"{name.removesuffix('.py').replace('/', '.')}.".startswith(f"{edge}.")
        if _is_in(module, edge) and not inside and name not in WIRING:
            yield f"only {' and '.join(WIRING)} may"
    part, top = part_of(name), module.split(".", maxsplit=1)[0]
    if not part:
        return
    if top in OURS:
        if not any(_is_in(module, allowed) for allowed in PURE[part].ours):
            yield f"{part} may use {', '.join(PURE[part].ours)} of ours"
    elif top in IMPURE_MODULES:
        yield IMPURE_MODULES[top]
    elif top not in sys.stdlib_module_names and top not in PURE[part].libraries:
        yield f"{part} may use {', '.join(PURE[part].libraries) or 'no library'}"


def _is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _impure_calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in IMPURE_CALLS:
                yield node.lineno, f"{ast.unparse(called)}: {IMPURE_CALLS[name]}"


def test_every_part_imports_only_what_it_may() -> None:
    assert breaches(ROOT) == []


def test_every_pure_part_is_there_to_be_checked() -> None:
    for part in PURE:
        assert len(list((ROOT / part).rglob("*.py"))) > 1, part


@pytest.mark.parametrize(
    ("name", "source", "told"),
    [
        ("crypto/a.py", "import evaluation", "crypto may use crypto"),
        ("crypto/a.py", "from bidhall.errors import BidhallError", "crypto may use crypto"),
        ("crypto/a.py", "import httpx", "may use cryptography"),
        ("crypto/a.py", "def f():\n    import os", "no files, environment"),
        ("crypto/a.py", "from os import urandom as r", "no files, environment"),
        ("crypto/a.py", "k = ec.generate_private_key(c)", "made by the callers"),
        ("evaluation/a.py", "from crypto import draw", "evaluation may use evaluation"),
        ("evaluation/a.py", "import numpy", "no library"),
        ("evaluation/a.py", "from datetime import datetime\ndatetime.now()", "time is an argument"),
        ("bidhall/cases/a.py", "from bidhall.store import pool", "bidhall/cases may use"),
        ("bidhall/cases/a.py", "from .. import store", "bidhall/cases may use"),
        ("bidhall/cases/a.py", "from bidhall import record", "bidhall/cases may use"),
        ("bidhall/cases/a.py", "import asyncio", "waiting belongs"),
        ("bidhall/cases/a.py", "import bidhall.errors_of_others", "bidhall/cases may use"),
        ("bidhall/record/a.py", "from bidhall.rooms.room import Room", "only bidhall/app.py"),
        ("bidhall/record/a.py", "from bidhall import api", "only bidhall/app.py"),
        ("bidhall/rooms/a.py", "import bidhall.api.routes", "only bidhall/app.py"),
        ("bidhall/roomsy.py", "import bidhall.rooms", "only bidhall/app.py"),
    ],
)
def test_a_breach_is_found(tmp_path: Path, name: str, source: str, told: str) -> None:
    _write(tmp_path, name, source)
    (found,) = breaches(tmp_path)
    assert found.startswith(f"{name}:")
    assert told in found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("crypto/a.py", "from crypto import merkle\nimport hashlib\nfrom cryptography import x509"),
        ("crypto/a.py", "from . import merkle\nfrom .merkle import root"),
        ("evaluation/a.py", "from evaluation.money import Money\nfrom decimal import Decimal"),
        ("bidhall/cases/a.py", "from bidhall.errors import BidhallError\nfrom crypto import draw"),
        ("bidhall/app.py", "from bidhall.api import routes\nfrom bidhall.rooms.rooms import Rooms"),
        ("bidhall/rooms/a.py", "from bidhall.rooms import room\nimport os, time, asyncio"),
        ("bidhall/hall.py", "if TYPE_CHECKING:\n    from bidhall.rooms.rooms import Rooms"),
        ("bidhall/record/a.py", "import asyncpg\nfrom crypto import merkle\ndatetime.now(UTC)"),
    ],
)
def test_what_is_allowed_is_left_alone(tmp_path: Path, name: str, source: str) -> None:
    _write(tmp_path, name, source)
    assert breaches(tmp_path) == []


def _write(root: Path, name: str, source: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_text(source)
