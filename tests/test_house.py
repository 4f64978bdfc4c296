"""The house rules a machine can read, each shown able to fail."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import TESTS, is_pure

ROOT = Path(__file__).parents[1]
PARTS = ("bidhall", "crypto", "evaluation", "web", "tests", "bench", "docs", "requirements", ".ci")
SOURCES = (".py", ".js", ".cjs", ".mjs", ".css", ".html", ".sql", ".typ")
# Made by others, or data: not ours to shape.
NOT_OURS = ("web/vendor/", "tests/vectors/", "requirements/")
LONGEST = 400
NAMELESS = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "misc"}
# Written in two halves, or this file would be the first to break the rule.
UNFINISHED = (
    "TO" + "DO",
    "FIX" + "ME",
    "XX" + "X ",
    "simplified " + "for now",
    "NotImplemented" + "Error",
)
ELSEWHERE = "../" + "shared"
VECTORS = "shared/" + "vectors"
# A silenced check: its codes, then the reason.
SILENCED = re.compile(
    r"#\s*(?:noqa(?:: *[A-Z]+\d+(?:, *[A-Z]+\d+)*)?|type: ignore(?:\[[\w, -]+\])?)(?P<why>.*)"
)


def files(root: Path) -> Iterator[tuple[str, str]]:
    """Give every text file of the project with its name."""
    places = [path for part in PARTS for path in sorted((root / part).rglob("*"))]
    for path in [*sorted(root.glob("*")), *places]:
        name = path.relative_to(root).as_posix()
        if not path.is_file() or "__pycache__" in name or name.startswith(NOT_OURS):
            continue
        try:
            yield name, path.read_text()
        except UnicodeDecodeError:
            continue


def too_long(root: Path) -> list[str]:
    # A table of words has every line twice, once in each language.
    return [
        f"{name} has {lines} lines, more than {most}: split it"
        for name, text in files(root)
        for most in [2 * LONGEST if name.startswith("web/locales/") else LONGEST]
        if name.endswith(SOURCES) and (lines := text.count("\n")) > most
    ]


def nameless(root: Path) -> list[str]:
    return [
        f"{name}: a name that says nothing about what is inside"
        for name, _ in files(root)
        if NAMELESS & {part.split(".")[0] for part in name.split("/")}
    ]


def unfinished(root: Path) -> list[str]:
    return [
        f"{name}:{number} says {word!r}"
        for name, text in files(root)
        for number, line in enumerate(text.splitlines(), 1)
        for word in UNFINISHED
        if word in line
    ]


def leaning_outside(root: Path) -> list[str]:
    """Only tests may read published vectors beside the project, and skip where there are none."""
    return [
        f"{name}:{number} leans on what is not part of the project"
        for name, text in files(root)
        for number, line in enumerate(text.splitlines(), 1)
        if ELSEWHERE in line and not (name.startswith("tests/") and VECTORS in line)
    ]


def unexplained(root: Path) -> list[str]:
    """Every lint or type suppression in what we ship carries its reason."""
    return [
        f"{name}:{number} silences a check without a reason"
        for name, text in files(root)
        if name.endswith(".py") and not name.startswith("tests/")
        for number, line in enumerate(text.splitlines(), 1)
        if (match := SILENCED.search(line)) and not re.search(r"\w{2}", match["why"])
    ]


def asserting_nothing(root: Path) -> list[str]:
    found = []
    for name, text in files(root):
        if not re.fullmatch(r"tests/(.*/)?test_\w+\.py", name):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                shows = re.search(r"\b(assert|raises|expect|fail|check|verify)", ast.unparse(node))
                if node.name.startswith("test_") and not shows:
                    found.append(f"{name}:{node.lineno} {node.name} shows nothing")
    return found


RULES = (too_long, nameless, unfinished, leaning_outside, unexplained, asserting_nothing)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rules(rule: Callable[[Path], list[str]]) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (too_long, "bidhall/a.py", "x = 1\n" * 401),
        (too_long, "web/pages/a.css", "\n" * 401),
        (nameless, "bidhall/utils.py", ""),
        (nameless, "web/common/a.js", ""),
        (unfinished, "docs/a.md", "later: " + UNFINISHED[0]),
        (unfinished, "bidhall/a.py", "raise " + UNFINISHED[-1]),
        (leaning_outside, "README.md", f"see {ELSEWHERE}/design"),
        (leaning_outside, "bidhall/a.py", f'open("{ELSEWHERE}/vectors/x")'),
        (leaning_outside, "tests/a.py", f"{ELSEWHERE}/design"),
        (unexplained, "bidhall/a.py", "x = 1  # noqa: PLR2004"),
        (unexplained, "crypto/a.py", "x = 1  # noqa"),
        (unexplained, "bench/a.py", "x = y()  # type: ignore[no-any-return]"),
        (asserting_nothing, "tests/part/test_a.py", "def test_it():\n    work()"),
    ],
)
def test_a_broken_rule_is_found(
    tmp_path: Path, rule: Callable[[Path], list[str]], name: str, text: str
) -> None:
    _write(tmp_path, name, text)
    (found,) = rule(tmp_path)
    assert found.startswith(name)


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (too_long, "bidhall/a.py", "x = 1\n" * 400),
        (too_long, "web/vendor/a.js", "\n" * 5000),
        (too_long, "docs/long.md", "\n" * 1000),
        (nameless, "bidhall/commons.py", ""),
        (leaning_outside, "tests/a.py", f"{ELSEWHERE}/vectors/merkle"),
        (unexplained, "bidhall/a.py", "x = 1  # noqa: S311, PLR2004 - a die, not a key"),
        (unexplained, "bidhall/a.py", "x = 1  # noqa: S311 # a die, not a key"),
        (unexplained, "bidhall/a.py", "x = y()  # type: ignore[misc]  # their stubs are wrong"),
        (asserting_nothing, "tests/test_a.py", "def test_it():\n    assert work()"),
        (asserting_nothing, "tests/ground.py", "def test_like():\n    work()"),
    ],
)
def test_what_keeps_the_rules_is_left_alone(
    tmp_path: Path, rule: Callable[[Path], list[str]], name: str, text: str
) -> None:
    _write(tmp_path, name, text)
    assert rule(tmp_path) == []


def test_pure_parts_have_no_sockets() -> None:
    assert is_pure(TESTS / "crypto" / "test_merkle.py")
    assert is_pure(TESTS / "evaluation" / "deeper" / "test_x.py")
    assert not is_pure(TESTS / "rooms" / "test_room.py")
    assert not is_pure(Path("/elsewhere/crypto/test_x.py"))


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
