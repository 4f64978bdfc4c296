"""docs/spec/http.md says what the program does: every route, page, code and limit."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from starlette.routing import Route

from bidhall.accounts.second_factor import CODES
from bidhall.accounts.sign_in import LIMITS
from bidhall.api import errors, parse
from bidhall.api.errors import STATUSES
from bidhall.api.pages import PAGES
from bidhall.api.routes import routes

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/spec/http.md").read_text()
CODES_OF_OTHERS = {"release-refused"}
SOURCES = [
    *sorted((ROOT / "bidhall/accounts").glob("*.py")),
    *sorted((ROOT / "bidhall/api").glob("*.py")),
    ROOT / "bidhall/desk.py",
    ROOT / "bidhall/cases/__init__.py",
]


def rows(pattern: str) -> list[tuple[str, ...]]:
    return [match.groups() for match in re.finditer(pattern, TEXT, re.MULTILINE)]


def documented() -> dict[str, str]:
    found = rows(r"^\| `([a-z-]+)` \| (\d{3}|as told) \|")
    assert len({code for code, _ in found}) == len(found), "a code stands in two rows"
    return dict(found)  # type: ignore[arg-type] # two groups each


def served() -> set[tuple[str, str]]:
    return {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in routes(ROOT / "docs")
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path not in PAGES and route.path != "/{path:path}"
    }


def code_of(kind: type[Exception]) -> str | None:
    own = getattr(kind, "default_code", None) or kind.__dict__.get("code")
    return own if isinstance(own, str) else None


def test_every_route_has_its_row() -> None:
    assert {(m, p) for m, p in rows(r"^\| `([A-Z]+) (/[^`]*)` \|")} == served()


def test_every_page_has_its_row() -> None:
    assert dict(rows(r"^\| `(/[^`]*)` \| `([a-z0-9-]+\.html)` \|")) == PAGES  # type: ignore[arg-type]


def test_every_error_class_has_its_code_and_status() -> None:
    table = documented()
    for kind, status in STATUSES:
        code = code_of(kind)
        if code is not None:
            assert table.get(code) == str(status), f"{kind.__name__}: {code} {status}"


def test_every_code_that_is_raised_has_a_row() -> None:
    raised: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "code":
                given = node.value.value if isinstance(node.value, ast.Constant) else None
                raised |= {str(given)} if given else set()
            if isinstance(node, ast.AnnAssign | ast.Assign):
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                named = isinstance(target, ast.Name) and target.id == "default_code"
                if named and isinstance(node.value, ast.Constant):
                    raised.add(str(node.value.value))
    assert raised
    assert raised <= set(documented()), raised - set(documented())


def test_every_row_is_a_code_of_the_program() -> None:
    told = "".join(path.read_text() for path in SOURCES)
    classes = {code_of(kind) for kind, _ in STATUSES}
    for code in documented():
        assert code in classes or code in CODES_OF_OTHERS or f'"{code}"' in told, code


def test_the_order_of_the_table_lets_no_row_shadow_another() -> None:
    for place, (kind, _) in enumerate(STATUSES):
        earlier = [one for one, _ in STATUSES[:place] if issubclass(kind, one)]
        assert not earlier, f"{kind.__name__} never reached: {earlier}"


def test_every_error_of_a_request_is_in_the_tree_and_the_table() -> None:
    own = [
        one for _, one in inspect.getmembers(errors, inspect.isclass)
        if issubclass(one, errors.RequestError)
    ]  # fmt: skip
    assert errors.__doc__ is not None
    for one in own:
        assert one.__name__ in errors.__doc__
        assert one in {kind for kind, _ in STATUSES}


def test_limits_are_as_told() -> None:
    assert parse.CODE_BYTES == 8 * 1024
    assert "8 KiB" in TEXT
    assert parse.COMMAND_BYTES == 2 * 1024 * 1024
    assert "2 MiB" in TEXT
    assert f"nested at most {parse.DEPTH} deep" in TEXT
    told = re.search(
        r"(\d+) wrong tries .*?(\d+) on an account, (\d+) from an address, (\d+) codes", TEXT
    )
    assert told is not None
    limits = (LIMITS.pair, LIMITS.account, LIMITS.network, CODES)
    assert tuple(map(int, told.groups())) == tuple(one.times for one in limits)
    assert {one.window for one in limits} == {15 * 60}
