"""``docs/spec/rooms.md`` says what the program does: schemas, examples, close codes, error codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from bidhall.rooms import errors, messages, schema
from bidhall.rooms.messages import Close, decode
from bidhall.rooms.protocol import Limits
from bidhall.rooms.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/spec/rooms.md").read_text()
SOURCES = "".join(path.read_text() for path in (ROOT / "bidhall/rooms").glob("*.py"))


def blocks(kind: str) -> list[str]:
    """Give the code blocks of a kind."""
    return re.findall(rf"```json {kind}\n(.*?)```", PAGE, re.DOTALL)


def codes(section: str) -> set[str]:
    """Give the first column of a section's table."""
    part = PAGE.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    return {cell.strip("` ") for cell in re.findall(r"^\| ([^|]+) \|", part, re.MULTILINE)} - {
        "code",
        "---",
    }


def test_the_schemas_are_the_programs() -> None:
    (printed,) = blocks("schemas")
    assert json.loads(printed) == schema.schemas(), "run python -m bidhall.rooms.schema"


@pytest.mark.parametrize("side", ["client", "server"])
def test_the_examples_are_valid(side: str) -> None:
    validator = jsonschema.Draft202012Validator(
        {**schema.schemas()[side], "$defs": schema.schemas()["$defs"]}
    )
    examples = [json.loads(block) for block in blocks(side)]
    for example in examples:
        validator.validate(example)
        if side == "client":
            assert decode(json.dumps(example))
    kinds = {"client": messages.CLIENT_FRAMES, "server": messages.SERVER_FRAMES}[side]
    assert {one["t"] for one in examples} == {kind.__struct_config__.tag for kind in kinds}
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"t": "command", "id": "x"})


def test_every_close_code_is_in_the_table() -> None:
    assert codes("Close codes") == {str(int(code)) for code in Close}
    for code in Close:
        assert f"| {int(code)} | {code.name} |" in PAGE


def test_every_error_code_is_in_the_table() -> None:
    used = set(re.findall(r'code="([a-z-]+)"', SOURCES))
    used |= {
        kind.default_code for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.RoomsError)
    }  # fmt: skip
    assert codes("Error codes of the rooms") == used


def test_the_limits_are_the_ones_written() -> None:
    limits, settings = Limits(), Settings()
    assert f"send {limits.burst} commands at once and {limits.rate:g} a second" in PAGE
    assert f"{limits.denials} such refusals in a row" in PAGE
    assert f"within {limits.join_within:g} seconds" in PAGE
    assert f"Up to {settings.commands_at_once} commands" in PAGE
    assert f"every {settings.clock:g} seconds" in PAGE
    assert settings.backlog == 1 << 20
    assert f"{messages.MAX_FRAME_BYTES:,} bytes" in PAGE
