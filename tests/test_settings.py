"""Settings: defaults, what is taken, what is refused and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bidhall.settings import VARIABLES, Settings, SettingsError, load_settings


def test_nothing_has_to_be_set() -> None:
    found = load_settings({})
    assert found == Settings(data=Path("var").absolute())
    assert (found.host, found.port, found.workers) == ("127.0.0.1", 8000, 1)


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert load_settings(dict.fromkeys(VARIABLES, " ")) == load_settings({})


def test_everything_can_be_set(tmp_path: Path) -> None:
    found = load_settings(
        {
            "BIDHALL_DATA": str(tmp_path),
            "DATABASE_URL": "postgresql://u:p@db/x",
            "REDIS_URL": "redis://cache/0",
            "BIDHALL_HOST": "::1",
            "PORT": "0",
            "BIDHALL_ORIGIN": "bids.example.org/record",
            "BIDHALL_WORKERS": "4",
            "BIDHALL_PUBLIC_URL": "https://bids.example.org/",
            "UNRELATED": "x",
        }
    )
    assert found == Settings(
        tmp_path, "postgresql://u:p@db/x", "redis://cache/0", "::1", 0, "bids.example.org/record", 4,
        "https://bids.example.org",
    )  # fmt: skip


def test_a_home_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings({"BIDHALL_DATA": "~/hall"}).data == tmp_path / "hall"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "65536", "PORT is '65536'; it must be a whole number from 0 to 65535"),
        ("PORT", "-1", "PORT is '-1'"),
        ("PORT", "80 80", "PORT is '80 80'"),
        ("PORT", "٨٠", "whole number"),
        ("BIDHALL_WORKERS", "0", "from 1 to 64"),
        ("BIDHALL_ORIGIN", "our record", "write something like bids.example.org/record"),
        ("BIDHALL_HOST", "a b", "write something like 127.0.0.1"),
        ("BIDHALL_PUBLIC_URL", "bids.example.org", "must begin with http:// or https://"),
        ("DATABASE_URL", "mysql://u:s3cret@db/x", "must begin with postgresql://"),
        ("REDIS_URL", "s3cret", "must begin with redis://"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings({name: value})
    assert str(caught.value).startswith(name)
    assert told in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_printed_settings_hold_no_address_with_a_password() -> None:
    found = load_settings(
        {"DATABASE_URL": "postgresql://u:s3cret@db/x", "REDIS_URL": "redis://:s3cret@c"}
    )
    assert "s3cret" not in repr(found)
