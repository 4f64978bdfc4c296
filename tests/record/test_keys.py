"""The log's key: made once, read by all, never replaced."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bidhall.record.errors import LogKeyError
from bidhall.record.keys import load_log_key


def test_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "record.key"
    first = load_log_key(path)
    assert load_log_key(path).private_bytes_raw() == first.private_bytes_raw()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_workers_that_start_together_read_one_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "record.key"
    with ThreadPoolExecutor(8) as workers:
        keys = list(workers.map(lambda _: load_log_key(path).private_bytes_raw(), range(32)))
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", ["", "no hex", "ab" * 31, "ab" * 33])
def test_a_damaged_key_is_refused_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "record.key"
    path.write_text(content)
    with pytest.raises(LogKeyError) as refused:
        load_log_key(path)
    assert "put the right file back" in str(refused.value)
    assert path.read_text() == content
    assert not content or content not in str(refused.value)
