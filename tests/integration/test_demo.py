"""``bidhall demo`` from end to end, and ``bidhall verify`` on what it leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto import merkle, notes, proof, receipt, records
from tests.integration.demonstrated import ROOT, Demonstration, command, demonstration

pytestmark = [pytest.mark.services, pytest.mark.slow]


@pytest.fixture(scope="module")
def demo() -> Demonstration:
    """The demonstration, played in full."""
    played = demonstration()
    assert played.status == 0, played.told
    return played


def test_it_plays_the_whole_life_of_a_tender(demo: Demonstration) -> None:
    said = demo.summary
    assert said["bids_submitted"] == 15
    assert said["bids_withdrawn"] == 1
    assert said["bids_opened"] == said["bids_submitted"] - said["bids_withdrawn"]
    assert said["late_refused"] == 1
    assert said["links_resumed"] >= 1
    assert said["experts"] == 7
    assert said["record"] == str(demo.record)
    assert said["receipts_checked"] == len(demo.receipts) == 16
    assert said["verified"] is True


def test_every_lot_is_ranked_without_a_gap(demo: Demonstration) -> None:
    ranking = demo.summary["ranking"]
    assert sorted(ranking) == ["1", "2", "3"]
    for rows in ranking.values():
        assert [one["rank"] for one in rows] == list(range(1, len(rows) + 1))
        totals = [float(one["total"]) for one in rows]
        assert totals == sorted(totals, reverse=True)
    bids = [one["bid"] for rows in ranking.values() for one in rows]
    assert len(bids) == len(set(bids)) == demo.summary["bids_opened"]


def test_it_tells_its_story_on_the_side(demo: Demonstration) -> None:
    for word in ("late bid refused", "withdrawn before the deadline", "link was cut", "verified"):
        assert word in demo.told
    assert "NOT verified" not in demo.told


def test_verify_says_in_both_languages_that_all_holds(demo: Demonstration) -> None:
    chinese = command("verify", demo.record)
    assert (chinese.returncode, "核验通过" in chinese.stdout) == (0, True)
    english = command("verify", demo.record, "--lang", "en")
    assert (english.returncode, "Everything holds." in english.stdout) == (0, True)
    assert "✗" not in chinese.stdout + english.stdout


def test_verify_speaks_to_programs(demo: Demonstration) -> None:
    done = command("verify", demo.record, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["passed"], said["failed"]) == (0, True, "")
    assert said["tender"] == demo.summary["tender"]
    facts = {one["check"]: one["facts"] for one in said["checks"]}
    assert all(one["state"] == "passed" for one in said["checks"])
    assert facts["submitted"]["versions"] == 16
    assert facts["opened"]["opened"] == 14
    assert facts["draw"]["seats"] == 7
    assert facts["sheets"]["sheets"] == 7 * 3
    assert facts["ranking"]["signatures"] == 7


def test_a_receipt_of_the_demonstration_is_found(demo: Demonstration) -> None:
    first, last = demo.receipts[0], demo.receipts[-1]
    done = command("verify", demo.record, "--json", "--receipt", first, "--receipt", last)
    checks = [one for one in json.loads(done.stdout)["checks"] if one["check"] == "receipt"]
    assert (done.returncode, [one["state"] for one in checks]) == (0, ["passed", "passed"])
    assert all(one["facts"]["stream"] == demo.summary["tender"] for one in checks)


def _another_halls(example: Path) -> dict[str, object]:
    text = example.read_text()
    found = re.search(r"```json receipt\n(.+?)\n```", text, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def _resigned(path: Path, origin: str) -> dict[str, object]:
    """The same event in a log of the same name, by whoever holds another key."""
    genuine = json.loads(path.read_bytes())
    salt = bytes.fromhex(genuine["salt"])
    root = merkle.leaf_hash(records.leaf_data(salt, genuine["event"]))
    key = Ed25519PrivateKey.generate()
    note = notes.sign_checkpoint(notes.Checkpoint(origin, 1, root), origin, key)
    text = str(proof.LogProof(0, (), note))
    return receipt.make(genuine["event"], salt, text)


def test_a_receipt_of_another_hall_is_refused(demo: Demonstration, tmp_path: Path) -> None:
    strangers = {
        "example": _another_halls(ROOT / "docs/spec/receipt.md"),
        "resigned": _resigned(demo.receipts[0], "bidhall.demo/record"),
    }
    for name, form in strangers.items():
        path = tmp_path / f"{name}.receipt.json"
        path.write_text(json.dumps(form))
        done = command("verify", demo.record, "--json", "--receipt", path)
        said = json.loads(done.stdout)
        assert (name, done.returncode, said["failed"]) == (name, 1, "receipt")
        told = command("verify", demo.record, "--lang", "en", "--receipt", path)
        assert (told.returncode, "The record does not hold: receipt." in told.stdout) == (1, True)


def test_a_key_known_from_elsewhere_is_compared(demo: Demonstration) -> None:
    other = notes.verifier_key("bidhall.demo/record", Ed25519PrivateKey.generate())
    done = command("verify", demo.record, "--json", "--key", str(other))
    assert (done.returncode, json.loads(done.stdout)["failed"]) == (1, "pinned-key")


def test_what_is_no_bundle_cannot_be_read(demo: Demonstration, tmp_path: Path) -> None:
    text, cut = tmp_path / "text.zip", tmp_path / "cut.zip"
    text.write_text("这不是记录包。\n")
    cut.write_bytes(demo.record.read_bytes()[:-7])
    for path in (text, cut, tmp_path, tmp_path / "missing.zip", demo.receipts[0]):
        plain = command("verify", path)
        assert (path.name, plain.returncode, plain.stdout) == (path.name, 2, "")
        assert "cannot be read" in plain.stderr
        assert "Traceback" not in plain.stderr
        said = json.loads(command("verify", path, "--json").stdout)
        assert (said["passed"], said["readable"]) == (False, False)
        assert said["reason"]
