"""Logs: what is hidden, at any depth, from us and from libraries alike."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bidhall.logs import HIDDEN, redact, set_up_logs

MARK = "s3cret-4711"


@pytest.fixture
def as_before() -> Iterator[None]:
    """Leave the logs of the other tests as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "session_token", "Set-Cookie", "Authorization", "share", "shares",
     "apiKey", "private_key", "totp_secret", "recovery_codes", "salt", "DATABASE_URL", "seed", "dsn"],
)  # fmt: skip
def test_a_secret_is_hidden_by_its_name(name: str) -> None:
    assert redact(None, "info", {name: MARK}) == {name: HIDDEN}
    deep = redact(None, "info", {"outer": [{"inner": {name: MARK}}]})
    assert MARK not in repr(deep)


@pytest.mark.parametrize(
    ("name", "value"),
    [("code", "second-factor-needed"), ("status_code", 404), ("event", "started"), ("public_key", "02ab"),
     ("sharesheet", "x"), ("encoded", "x"), ("keyboard", "x"), ("token", None)],
)  # fmt: skip
def test_what_is_no_secret_is_shown(name: str, value: object) -> None:
    assert redact(None, "info", {name: value}) == {name: value}


@pytest.mark.parametrize("value", ["123456", 123456, "ABCD-1234-EFGH"])
def test_a_code_somebody_typed_is_hidden(value: object) -> None:
    assert redact(None, "info", {"code": value}) == {"code": HIDDEN}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            f"cannot reach postgresql://bidhall:{MARK}@db/x",
            "cannot reach postgresql://bidhall:***@db/x",
        ),
        (f"header Bearer {MARK}", "header Bearer ***"),
        ("http://127.0.0.1:8000/api/time", "http://127.0.0.1:8000/api/time"),
    ],
)
def test_a_secret_inside_a_text_is_hidden(text: str, shown: str) -> None:
    assert redact(None, "info", {"event": text}) == {"event": shown}


def test_bytes_are_counted_not_shown() -> None:
    assert redact(None, "info", {"body": MARK.encode()}) == {"body": "11 bytes"}


@pytest.mark.usefixtures("as_before")
def test_lines_are_json_and_errors_of_ours_hide_addresses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs()
    log: Any = structlog.get_logger()
    try:
        message = f"postgresql://u:{MARK}@db is away"
        raise ConnectionError(message)
    except ConnectionError:
        log.exception("no database", password=MARK, 名="竞标厅")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "no database"
    assert line["level"] == "error"
    assert line["名"] == "竞标厅"
    assert "postgresql://u:***@db is away" in line["exception"]
    assert MARK not in json.dumps(line)


@pytest.mark.usefixtures("as_before")
def test_a_library_that_logs_an_address_is_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()
    logging.getLogger("some.library").warning("lost redis://:%s@cache/0", MARK)
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "lost redis://:***@cache/0"
    assert line["logger"] == "some.library"


@pytest.mark.usefixtures("as_before")
def test_libraries_stay_quiet_below_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()
    logging.getLogger("some.library").info("chatter")
    assert capsys.readouterr().err == ""
