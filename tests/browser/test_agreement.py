"""What browser and Python must read alike: canonical JSON, trees, receipts, signatures, headers, sizes."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.async_api import Page

from bidhall.client.bidder import save_receipt
from crypto import (
    canonical,
    merkle,
    notes,
    proof,
    receipt,
    records,
    signatures,
    tiles,
)
from tests.browser.asking import ask, b64, outcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "merkle"
ORIGIN = "bidhall.example/record"
LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG_KEY = str(notes.verifier_key(ORIGIN, LOG))
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
WITNESS_KEY = str(notes.verifier_key("w.example", WITNESS, notes.COSIGNATURE))
POLICY = {"origin": ORIGIN, "vkey": LOG_KEY}
DESCRIPTOR = {"v": 1, "suite": "bidhall-1", "lot": "标段一"}
EVENT: dict[str, Any] = {
    "v": 1, "stream": "ten-a", "seq": 7, "at": "2026-11-24T09:30:00.123Z", "kind": "BidSubmitted",
    "actor": "per-a", "command": "cmd-1",
    "body": {"bid": "bid-a", "lot": "1", "stages": [{"stage": "form", "descriptor": DESCRIPTOR}]},
}  # fmt: skip
SALT = b"\x05" * 32
INDEX = 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


async def test_canonical_json_is_written_alike(at: Page) -> None:
    corners: list[Any] = [
        {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
        {"10": 1, "9": 2, "": 3, "a\u0000b": 4}, ["\u007f\u2028\u2029", '"\\/\b\f\n\r\t\u001f'],
        {"__proto__": {"x": 1}, "constructor": 2}, 2**53 - 1, -(2**53) + 1, 0, [], {}, "", [[[]]],
        "\U0010ffff", "\ufeff",
    ]  # fmt: skip
    values: list[Any] = []

    @settings(
        max_examples=150, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(JSON)
    def gather(value: Any) -> None:
        values.append(value)

    gather()
    texts = [canonical.encode(value) for value in corners + values]
    # Read from bytes: passing values to a page would lose a member such as __proto__.
    call = """async (texts) => {
      const { decode, encode } = await import('/seal/canonical.js');
      const { fromBase64, toBase64 } = await import('/seal/bytes.js');
      return texts.map((text) => toBase64(encode(decode(fromBase64(text) ?? new Uint8Array()))));
    }"""
    assert await at.evaluate(call, [b64(text) for text in texts]) == [b64(text) for text in texts]
    assert len(texts) > 100


async def test_what_is_not_canonical_is_refused_alike(at: Page) -> None:
    texts = [
        b'{"a":1,"a":1}', b'{"b":1,"a":2}', b'{"a": 1}', b"1.0", b"1e3", b"-0", b"01", b"9007199254740992",
        b"9007199254740993", b"-9007199254740992", b"1.5", b"NaN", b"Infinity", b"", b" 1", b"1\n", b'"\\u0041"',
        b'"\\ud800"', b'"\\/"', b'"\xff"', b'"\xed\xa0\x80"', b"\xef\xbb\xbf1", b"[1,]", b"{}x", b'"\\u001F"',
        b"[" * 65 + b"]" * 65, b"[" * 64 + b"]" * 64, b"[" * 100_000, b"true", b"null", b'{"\xc3\xb6":1}', b"undefined",
    ]  # fmt: skip
    found = await ask(at, "decoded", [b64(text) for text in texts])
    assert found == [outcome(lambda text=text: canonical.decode(text)) for text in texts]
    assert set(found) == {"ok", "not-canonical"}


@pytest.mark.parametrize(
    ("kind", "call"), [("inclusion", "inclusions"), ("consistency", "consistencies")]
)
async def test_published_proofs_have_their_outcome(at: Page, kind: str, call: str) -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("no published vectors here")
    cases = [json.loads(path.read_text()) for path in sorted((PUBLISHED / kind).rglob("*.json"))]
    for case in cases:  # a page would round them
        case.update(
            {k: str(case[k]) for k in ("leafIdx", "treeSize", "size1", "size2") if k in case}
        )
    found = await ask(at, call, cases)
    wrong = [
        case["desc"]
        for case, said in zip(cases, found, strict=True)
        if (said != "ok") != case["wantErr"]
    ]
    assert not wrong
    assert len(cases) > 50


async def test_generated_trees_agree(at: Page) -> None:
    leaves = [b"leaf %d" % at for at in range(70)]
    sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 64, 70]
    roots = {size: merkle.root(map(merkle.leaf_hash, leaves[:size])) for size in range(71)}
    found = await ask(at, "roots", [[b64(leaf) for leaf in leaves[:size]] for size in sizes])
    assert found == [roots[size].hex() for size in sizes]

    def subtree(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        return merkle.root(map(merkle.leaf_hash, part))

    inclusions, consistencies, wanted = [], [], []
    for size in sizes[1:]:
        for index in {0, size // 2, size - 1}:
            path = [b64(one) for one in merkle.inclusion_path(index, size, subtree)]
            case = {"leafHash": b64(merkle.leaf_hash(leaves[index])), "leafIdx": str(index), "proof": path,
                    "treeSize": str(size), "root": b64(roots[size])}  # fmt: skip
            inclusions += [
                case,
                {**case, "leafIdx": str(index + 1)},
                {**case, "root": b64(roots[size - 1])},
            ]
            wanted += ["ok", "proof-invalid", "proof-invalid"]
    assert await ask(at, "inclusions", inclusions) == wanted
    for old, new in itertools.chain.from_iterable(
        ((n, size) for n in range(1, size + 1)) for size in sizes[1:]
    ):
        path = [b64(one) for one in merkle.consistency_path(old, new, subtree)]
        consistencies.append({"size1": str(old), "size2": str(new), "root1": b64(roots[old]),
                              "root2": b64(roots[new]), "proof": path})  # fmt: skip
    assert set(await ask(at, "consistencies", consistencies)) == {"ok"}
    changes: list[dict[str, Any]] = [
        {"size1": "0"},
        {"root1": b64(roots[2])},
        {"root2": ""},
        {"proof": []},
        {"size1": "71"},
    ]
    for change in changes:
        case = {
            **next(one for one in consistencies if one["size1"] == "5" and one["size2"] == "70"),
            **change,
        }
        assert await ask(at, "consistencies", [case]) == ["proof-invalid"], change


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_300_000])
async def test_the_root_of_a_stream_does_not_depend_on_its_pieces(at: Page, size: int) -> None:
    data = (bytes(at * 3 % 256 for at in range(256)) * (size // 256 + 1))[:size]
    hasher = merkle.RootHasher()
    hasher.update(data)
    for step in (1_000_003, 70_001, 4 << 20):
        found = await ask(at, "streamRoot", {"size": size, "by": 3, "step": step})
        assert found == hasher.digest().hex()


def made_receipt(event: dict[str, Any] = EVENT) -> dict[str, Any]:
    """A receipt out of a log of 301 leaves, cosigned by one witness."""
    store: dict[str, bytes] = {}
    leaf = records.leaf_data(SALT, event)
    growth = tiles.grow(0, [b"%032d" % at for at in range(INDEX)] + [leaf], store.__getitem__)
    store.update(growth.tiles)
    note = notes.sign_checkpoint(notes.Checkpoint(ORIGIN, growth.size, growth.root), ORIGIN, LOG)
    note = notes.add_signatures(note, [notes.cosign(note, "w.example", WITNESS, 1_795_512_601)])
    path = tiles.TileReader(store.__getitem__, growth.size).inclusion(INDEX, growth.size)
    return receipt.make(event, SALT, str(proof.LogProof(INDEX, tuple(path), note)))


def _receipt_cases() -> list[tuple[str, dict[str, Any]]]:
    good = made_receipt()
    mine, other = canonical.digest(DESCRIPTOR).hex(), "00" * 32
    later = {**EVENT, "at": "2026-11-24T09:30:00.124Z"}
    raised = copy.deepcopy(EVENT)
    raised["body"]["lot"] = "2"
    text = str(good["proof"])
    lines = text.split("\n")
    swapped = "\n".join([*lines[:2], lines[3], lines[2], *lines[4:]])
    cut = "\n".join([*lines[:2], *lines[3:]])
    signed = {"body": {}, "device": "dev-a", "signature": "00"}
    foreign = str(notes.verifier_key(ORIGIN, WITNESS))
    return [
        ("ok", {}),
        ("ok", {"hashes": [mine]}),
        ("ok", {"policy": {**POLICY, "witnesses": [WITNESS_KEY], "quorum": 1}}),
        ("ok", {"receipt": made_receipt({**EVENT, "signed": signed})}),
        ("wrong-bid", {"hashes": [mine, other]}),
        ("not-in-record", {"policy": {**POLICY, "witnesses": [WITNESS_KEY], "quorum": 2}}),
        ("not-in-record", {"policy": {**POLICY, "origin": "other.example"}}),
        ("not-in-record", {"policy": {**POLICY, "vkey": foreign}}),
        ("not-in-record", {"receipt": {**good, "event": raised}}),
        ("not-in-record", {"receipt": {**good, "event": later, "time": later["at"]}}),
        ("not-in-record", {"receipt": {**good, "salt": "06" * 32}}),
        ("not-in-record", {"receipt": {**good, "proof": text.replace("index 300", "index 299")}}),
        ("not-in-record", {"receipt": {**good, "proof": text.replace("\n301\n", "\n302\n")}}),
        ("not-in-record", {"receipt": {**good, "proof": swapped}}),
        ("not-in-record", {"receipt": {**good, "proof": cut}}),
        ("not-in-record", {"receipt": {**good, "proof": text[:-20] + "\n"}}),
        ("not-in-record", {"receipt": {**good, "proof": text + "x"}}),
        ("not-in-record", {"receipt": {**good, "proof": ""}}),
        ("wrong-time", {"receipt": {**good, "time": "2026-11-24T09:29:59.123Z"}}),
        ("malformed-receipt", {"receipt": {**good, "more": 1}}),
        ("malformed-receipt", {"receipt": {**good, "v": True}}),
        ("malformed-receipt", {"receipt": {**good, "salt": "05" * 31}}),
        ("malformed-receipt", {"receipt": {**good, "proof": 1}}),
        ("malformed-receipt", {"receipt": {**good, "event": {**EVENT, "seq": 0}}}),
        ("malformed-receipt", {"receipt": {**good, "event": {**EVENT, "signed": {}}}}),
        ("malformed-receipt", {"receipt": {**good, "event": []}}),
        ("malformed-receipt", {"receipt": []}),
    ]


async def test_receipts_of_python_hold_and_tampered_ones_do_not(at: Page) -> None:
    cases = _receipt_cases()
    asked = [{"receipt": made_receipt(), "policy": POLICY, **case} for _, case in cases]
    assert await ask(at, "receipts", asked) == [code for code, _ in cases]
    for (code, _), one in zip(cases, asked, strict=True):  # Python says the same
        policy = one["policy"]
        found = outcome(lambda one=one, policy=policy: receipt.verify(
            one["receipt"], policy["origin"], policy["vkey"], witnesses=policy.get("witnesses", ()),
            quorum=policy.get("quorum", 0), descriptor_hashes=[bytes.fromhex(h) for h in one.get("hashes", [])],
        ))  # fmt: skip
        assert found == code


async def test_a_saved_receipt_is_the_file_that_the_command_line_saves(
    at: Page, tmp_path: Path
) -> None:
    form = {
        **made_receipt(),
        "event": {**EVENT, "body": {"empty": {}, "none": [], "text": '洱海\t"东路"'}},
    }
    save_receipt(form, tmp_path / "receipt.json")
    assert await ask(at, "receiptText", form) == (tmp_path / "receipt.json").read_text()


async def test_signatures_go_both_ways(at: Page) -> None:
    command: dict[str, Any] = {
        "id": "cmd-1",
        "stream": "ten-a",
        "kind": "SubmitBid",
        "body": {"lot": "1", "b": "洱"},
    }
    message = signatures.command_message("cmd-1", "ten-a", "SubmitBid", command["body"])
    assert await ask(at, "commandText", command) == b64(message)
    made = await ask(at, "signedCommand", command)
    key, signature = bytes.fromhex(made["publicKey"]), bytes.fromhex(made["signature"])
    signatures.verify(key, message, signature)
    mine = ec.generate_private_key(ec.SECP256R1())
    public, own = signatures.compress(mine.public_key()).hex(), signatures.sign(mine, message).hex()
    right = {"key": public, "message": b64(message), "signature": own}
    found = await ask(at, "signatures", [
        right, {**right, "message": b64(message + b" ")}, {**right, "key": made["publicKey"]},
        {**right, "signature": own[:-2]}, {**right, "signature": "00" * 64}, {**right, "key": "02" + "ff" * 32},
        {**right, "key": "04" + public[2:]},
    ])  # fmt: skip
    assert found == ["ok", *["signature-invalid"] * 4, *["point-invalid"] * 2]
