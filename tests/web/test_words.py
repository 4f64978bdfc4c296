"""The words of the pages: both languages say the same, every key that is used exists, every error has words."""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCALES = sorted((ROOT / "web" / "locales").glob("*.js"))
SCRIPTS = sorted(
    [*(ROOT / "web" / "scripts").rglob("*.js"), *(ROOT / "web" / "seal").rglob("*.js")]
)
# What a visitor's page may be refused by. Programs and demonstrations say their errors themselves.
SERVER = [
    path
    for folder in ("bidhall", "crypto", "evaluation")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not {"demo", "client", "local", "verification"} & set(path.parts)
]
LANGUAGES = ("zh-CN", "en")
CHINESE = re.compile("[\u4e00-\u9fff]")
HOLE = re.compile(r"\{(\w+)\}")
TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<note>//[^\n]*)|(?P<name>[A-Za-z]+)|(?P<mark>[{}:,;])|(?P<space>\s+)"""
)
LITERAL = re.compile(r'"([a-z][A-Za-z]*\.[A-Za-z0-9_.-]+)"')
PREFIX = re.compile(r"(?<![\w.])(?:t|hasWords)\(\s*`([^`$]+)\$\{[^`]*`")

Words = dict[str, str]


def parse(text: str) -> dict[str, Words]:
    """Read a file of words strictly: one object of two languages, nothing but strings and notes.

    Raises:
        ValueError: anything else is in the file, or a key is there twice.
    """
    data, place, depth = "", 0, 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            message = f"not words: {text[place : place + 40]!r}"
            raise ValueError(message)
        place, token = found.end(), found.group()
        match found.lastgroup:
            case "text":
                data += token
            case "name" if depth:
                data += json.dumps(token)
            case "mark" if token != ";":
                depth += (token == "{") - (token == "}")
                data += token
            case "name" if token not in {"export", "default"}:
                message = f"not words: {token}"
                raise ValueError(message)
    plain = re.sub(r",(?=\})", "", data)
    return dict(json.loads(plain, object_pairs_hook=_once))


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        message = f"twice: {', '.join(twice)}"
        raise ValueError(message)
    return dict(pairs)


@functools.cache
def everything() -> Words:
    """All words in Chinese, from all files."""
    found: Words = {}
    for path in LOCALES:
        found |= parse(path.read_text())["zh-CN"]
    return found


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.name)
def test_both_languages_say_the_same(path: Path) -> None:
    tables = parse(path.read_text())
    assert tuple(tables) == LANGUAGES
    chinese, english = (tables[one] for one in LANGUAGES)
    assert list(chinese) == list(english)
    for key, text in chinese.items():
        forms = [text, *english[key].split("|")]
        assert len(forms) <= 3, f"{key} has more than two English forms"
        wanted = set(HOLE.findall(text))
        # "one|many" may leave out the number where it is one.
        assert all(wanted - {"n"} <= set(HOLE.findall(one)) <= wanted for one in forms), key
        assert wanted <= set(HOLE.findall(forms[-1])), key
        assert all(one.strip() for one in forms), f"{key} says nothing"


def test_no_key_means_two_things() -> None:
    """A page may say an error of the hall in its own way, for its own words are added last; nothing else."""
    seen: dict[str, str] = {}
    finer: set[str] = set()
    for path in LOCALES:
        for key in parse(path.read_text())["zh-CN"]:
            if key.startswith("error.") and not path.name.startswith("errors"):
                finer.add(key)
                continue
            assert key not in seen, f"{key} is in {seen[key]} and in {path.name}"
            seen[key] = path.name
    assert sorted(finer - set(seen)) == [], "the hall knows no such code"


def used(text: str, prefixes: set[str]) -> tuple[set[str], set[str]]:
    """Give the keys a script names in whole, and those it names by how they begin."""
    literal = {key for key in LITERAL.findall(text) if key.split(".")[0] in prefixes}
    return literal, set(PREFIX.findall(text))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_key_that_is_used_exists(path: Path) -> None:
    known = everything()
    literal, begun = used(path.read_text(), {key.split(".")[0] for key in known})
    assert sorted(key for key in literal if key not in known and not _a_name(key)) == []
    assert sorted(one for one in begun if not any(key.startswith(one) for key in known)) == []


def _a_name(key: str) -> bool:
    return key.rsplit(".", 1)[1] in {"js", "json", "pdf", "zip", "bidhall"}


def documented(page: str) -> set[str]:
    """Give the codes of the tables whose first column is headed ``code``."""
    found: set[str] = set()
    for table in re.split(r"\n\n", (ROOT / "docs" / "spec" / page).read_text()):
        if table.lstrip().startswith("| code | ") and "`" in table:
            found |= set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE))
    return found


def sites() -> Iterator[tuple[str, set[str] | None]]:
    """Give each code the server's programs name, with the parameters given beside it where they can be seen."""
    defaults: dict[str, set[str]] = {}
    calls: list[ast.Call] = []
    for path in SERVER:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                for code in _own_code(node):
                    defaults.setdefault(node.name, set()).add(code)
                    yield code, None
            elif isinstance(node, ast.Call):
                calls.append(node)
    for call in calls:
        given = {one.arg for one in call.keywords if one.arg} - {"code"}
        said = next((one.value for one in call.keywords if one.arg == "code"), None)
        if isinstance(said, ast.Constant) and isinstance(said.value, str):
            yield said.value, given
        elif said is None and isinstance(call.func, ast.Name):
            own = defaults.get(call.func.id, set())
            # Two classes of one name: which is meant cannot be seen from the call.
            if len(own) == 1 and not _makes_its_own(call):
                yield next(iter(own)), given


def _own_code(node: ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        if isinstance(one, (ast.Assign, ast.AnnAssign)) and isinstance(one.value, ast.Constant):
            target = one.targets[0] if isinstance(one, ast.Assign) else one.target
            if (
                isinstance(target, ast.Name)
                and target.id in {"code", "default_code"}
                and one.value.value
            ):
                yield str(one.value.value)


# Their constructors name the parameters themselves.
_MAKERS = {
    "TooManyAttemptsError", "SheetShapeError", "UnknownBidError", "UnknownCriterionError",
    "ScoreMissingError", "ScoreMalformedError", "ScoreOutOfRangeError", "ScoreOffStepError",
    "CommentMissingError", "CommentInvalidError",
}  # fmt: skip


def _makes_its_own(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in _MAKERS


@pytest.mark.parametrize("page", ["http.md", "rooms.md"])
def test_every_documented_error_has_words(page: str) -> None:
    known, codes = everything(), documented(page)
    assert len(codes) > 10
    assert sorted(code for code in codes if f"error.{code}" not in known) == []


def test_every_error_of_the_program_has_words() -> None:
    known = everything()
    codes = {code for code, _ in sites()}
    assert {"late", "bid-exists", "score-off-step", "no-keys-left", "wrong-root"} <= codes
    assert sorted(code for code in codes if f"error.{code}" not in known) == []


def test_what_an_error_says_is_always_given() -> None:
    """A hole that one place of the program leaves empty would be shown to a person as ``{name}``."""
    known = everything()
    for code, given in sites():
        holes = set(HOLE.findall(known[f"error.{code}"]))
        if given is not None:
            assert holes <= given, f"{code} is raised without {sorted(holes - given)}"


def test_words_are_in_their_language() -> None:
    for path in LOCALES:
        tables = parse(path.read_text())
        for key, text in tables["zh-CN"].items():
            letters = re.sub(r"\{\w+\}", "", text)
            assert CHINESE.search(letters) or not re.search("[A-Za-z]{4}", letters), (
                f"{key}: {text}"
            )


@pytest.mark.parametrize(
    "text",
    [
        'export default { "zh-CN": { "a.b": f() }, en: {} };',
        'export default { "zh-CN": { "a.b": "x", "a.b": "y" }, en: {} };',
        'import "x.js"; export default { "zh-CN": {}, en: {} };',
        'export default { "zh-CN": { "a.b": `x` }, en: {} };',
    ],
)
def test_what_is_not_words_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not words|twice|Expecting"):
        parse(text)


def test_what_is_words_is_read() -> None:
    text = '// note\nexport default {\n  "zh-CN": {\n    "a.b": "\\"一\\", // 二",\n  },\n  en: { "a.b": "one" },\n};\n'
    assert parse(text) == {"zh-CN": {"a.b": '"一", // 二'}, "en": {"a.b": "one"}}


def test_keys_are_found_in_scripts() -> None:
    text = 't("a.b"); t(one ? "a.c" : "a.d"); t(`a.e.${x}`); ask("a.f"); t("z.z")'
    assert used(text, {"a"}) == ({"a.b", "a.c", "a.d", "a.f"}, {"a.e."})
