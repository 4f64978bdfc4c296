"""Sealing in the browser: the same formats and refusals as in Python, to the byte, in a real Chromium."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Page

from crypto import canonical, container, envelope, payload, recovery, signatures, stanzas
from crypto.descriptor import Context, Descriptor
from crypto.errors import CryptoError

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "envelope"
SEED = b"\x07" * 32
TENDER_KEY = ec.derive_private_key(0x1234567, ec.SECP256R1())
TENDER = signatures.compress(TENDER_KEY.public_key())
OPERATOR = stanzas.operator_public_bytes(SEED)
KEYS = {"public_key": TENDER.hex(), "operator": OPERATOR.hex()}
MANIFEST: dict[str, Any] = {"title": "洱海东路改造", "keys": {"form": KEYS, "technical": KEYS}}
FORM: dict[str, str | int] = {
    "price": "45873216.58",
    "duration_days": 420,
    "quality": "合格",
    "manager": "杨晓梅",
}
FILES = [
    {"name": "施工组织设计.pdf", "type": "application/pdf", "size": 1_048_577, "by": 7},
    {"name": "empty.txt", "type": "text/plain;charset=utf-8", "size": 0, "by": 1},
    {"name": "plan.dwg", "type": "", "size": 5_000_000, "by": 13},
]
REQUEST = {
    "tender": "ten-aaaa", "manifest": MANIFEST, "manifestHash": canonical.digest(MANIFEST).hex(), "lot": "1",
    "bidder": {"organisation": "org-a"}, "number": 2, "form": FORM, "files": FILES,
}  # fmt: skip


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def content_of(size: int, by: int) -> bytes:
    return bytes(at * by % 256 for at in range(256)) * (size // 256 + 1)


async def ask(page: Page, name: str, argument: Any = None) -> Any:
    """Call a function of sealing.js."""
    call = "async ([name, argument]) => (await import('/tests/sealing.js'))[name](argument)"
    return await page.evaluate(call, [name, argument])


@pytest_asyncio.fixture(loop_scope="session")
async def at(page: Page, site: str) -> Page:
    await page.goto(f"{site}/blank")
    return page


def read_vector(path: Path) -> dict[str, Any]:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    lines = [line.split(": ", 1) for line in head.splitlines()]
    values = {name: value for name, value in lines if name != "edit"}
    if values["body"] != "self":
        body = read_vector(VECTORS / f"{values['body']}.txt")["body"]
    edits = [value for name, value in lines if name == "edit"]
    return {"values": values, "edits": edits, "body": body.replace("\n", "")}


async def test_every_vector_has_its_outcome(at: Page) -> None:
    wrong = {}
    paths = sorted(VECTORS.glob("*.txt"))
    for path in paths:
        vector = read_vector(path)
        found = await ask(at, "vector", vector)
        said = {name: vector["values"].get(name, found[name]) for name in found}
        if found != said:
            wrong[path.stem] = (found, said)
    assert not wrong
    assert len(paths) >= 29


async def test_a_bid_sealed_here_opens_in_python(at: Page, tmp_path: Path) -> None:
    made = await ask(at, "seal", REQUEST)
    assert made["onDisk"] == [True, True]
    fractions = [step["fraction"] for step in made["steps"]]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert {(step["stage"], step["step"]) for step in made["steps"]} == {
        (stage, step) for stage in ("form", "technical") for step in ("seal", "test")
    }
    file = io.BytesIO(base64.b64decode(made["container"]))
    bid = container.read_header(file)
    assert bid.tender == "ten-aaaa"
    kept = await ask(at, "secretsKept")
    opened: dict[str, tuple[envelope.Opened, bytes]] = {}

    def take(stage: container.SealedStage, pieces: Any) -> None:
        descriptor = stage.descriptor
        ctx = descriptor.context.digest()
        k_t = stanzas.unseal_t(descriptor.stanza_t, TENDER_KEY, ctx)
        k_o = stanzas.unseal_o(descriptor.stanza_o, stanzas.operator_private_key(SEED), ctx)
        assert [k_t.hex(), k_o.hex(), descriptor.digest().hex()] in [
            list(one.values()) for one in kept
        ]
        assert descriptor.context.bidder_key.hex() == made["publicKey"]
        out = io.BytesIO()
        source = io.BytesIO(b"".join(pieces))
        result = envelope.open_(descriptor, envelope.Secrets(k_t, k_o), source, out)
        opened[descriptor.context.stage] = (result, out.getvalue())

    container.read_stages(file, bid, take)
    form, _ = opened["form"]
    assert form.header.form == FORM
    technical, content = opened["technical"]
    assert [(one.name, one.type) for one in technical.header.files] == [
        ("施工组织设计.pdf", "application/pdf"), ("empty.txt", "text/plain"),
        ("plan.dwg", "application/octet-stream"),
    ]  # fmt: skip
    for wanted, start in zip(FILES, technical.offsets, strict=True):
        size = int(str(wanted["size"]))
        assert content[start : start + size] == content_of(size, int(str(wanted["by"])))[:size]


def sealed_in_python(
    stage: str, bidder: ec.EllipticCurvePrivateKey, content: bytes = b"x" * 100_000
) -> tuple[envelope.Sealed, bytes]:
    context = Context(
        manifest=canonical.digest(MANIFEST), lot="1", stage=stage, bidder="org-b",
        bidder_key=signatures.compress(bidder.public_key()), seq=1, nonce=b"\x09" * 32,
    )  # fmt: skip
    if stage == "form":
        header, files = payload.form_header("1", FORM), []
    else:
        entry = payload.FileEntry("a.pdf", len(content), "application/pdf")
        header, files = payload.technical_header("1", [entry]), [io.BytesIO(content)]
    out = io.BytesIO()
    keys = envelope.StageKeys(TENDER, OPERATOR)
    sealed = envelope.seal(context, keys, header, files, out, lambda n: b"\x05" * n)
    return sealed, out.getvalue()


@pytest.mark.parametrize("size", [0, 1, 16_384 * 256, 4_500_000])
async def test_an_envelope_sealed_in_python_opens_here(at: Page, size: int) -> None:
    content = content_of(size, 11)[:size]
    sealed, ciphertext = sealed_in_python(
        "technical", ec.generate_private_key(ec.SECP256R1()), content
    )
    found = await ask(at, "openEnvelope", {
        "descriptor": sealed.descriptor.to_json(), "kT": sealed.secrets.k_t.hex(),
        "kO": sealed.secrets.k_o.hex(), "ciphertext": b64(ciphertext),
    })  # fmt: skip
    assert found["root"] == sealed.plaintext_root.hex()
    assert base64.b64decode(found["content"])[found["offsets"][0] :] == content


async def test_sealed_bid_files_go_both_ways(at: Page) -> None:
    bidder = ec.generate_private_key(ec.SECP256R1())
    made = [sealed_in_python(stage, bidder) for stage in ("form", "technical")]
    bid = container.bundle("ten-b", [
        (one.descriptor, signatures.sign(bidder, one.descriptor.signed_bytes()).hex()) for one, _ in made
    ])  # fmt: skip
    out = io.BytesIO()
    container.write(bid, [io.BytesIO(ciphertext) for _, ciphertext in made], out)
    whole = out.getvalue()
    assert await ask(at, "contained", b64(whole)) == {
        "tender": "ten-b", "lot": "1", "number": 1, "same": True,
        "hashes": [one.descriptor.digest().hex() for one, _ in made],
    }  # fmt: skip
    swapped = whole.replace(b'"seq":1', b'"seq":2', 1)
    for damaged in (whole[:-1], whole + b"\0", b"x" + whole[1:], whole[:15], b"", swapped):
        assert await ask(at, "contained", b64(damaged)) == "malformed-bid-file"


async def test_stanzas_go_both_ways(at: Page) -> None:
    ctx, secrets = b"\x03" * 32, {"kT": "11" * 32, "kO": "22" * 32}
    asked = {**secrets, "tender": TENDER.hex(), "operator": OPERATOR.hex(), "ctx": ctx.hex()}
    made = await ask(at, "sealStanzas", asked)
    operator = stanzas.operator_private_key(SEED)
    assert stanzas.unseal_t(base64.b64decode(made["t"]), TENDER_KEY, ctx) == b"\x11" * 32
    assert stanzas.unseal_o(base64.b64decode(made["o"]), operator, ctx) == b"\x22" * 32
    private = f"{TENDER_KEY.private_numbers().private_value:064x}"
    for leg, key, stanza in (
        ("T", private, stanzas.seal_t(b"\x44" * 32, TENDER, ctx)),
        ("O", SEED.hex(), stanzas.seal_o(b"\x44" * 32, OPERATOR, ctx)),
    ):
        one = {"leg": leg, "key": key, "stanza": b64(stanza), "ctx": ctx.hex()}
        assert await ask(at, "unseal", one) == "44" * 32
        assert await ask(at, "unseal", {**one, "ctx": "04" * 32}) == "wrong-stanza"
        altered = bytes([*stanza[:-1], stanza[-1] ^ 1])
        assert await ask(at, "unseal", {**one, "stanza": b64(altered)}) == "wrong-stanza"


@pytest.mark.parametrize(
    "key",
    [{"tender": "02" + "ff" * 32}, {"tender": TENDER.hex()[:-2]}, {"tender": "00" * 33},
     {"operator": OPERATOR.hex()[:-2]}, {"operator": "ff" * 1184 + OPERATOR[1184:].hex()},
     {"operator": OPERATOR[:1184].hex() + "00" * 32}],
    ids=["off-curve", "short", "infinity", "operator-short", "not-reduced", "small-order"],
)  # fmt: skip
async def test_keys_that_are_none_are_refused_as_in_python(at: Page, key: dict[str, str]) -> None:
    keys = {"tender": TENDER.hex(), "operator": OPERATOR.hex(), **key}
    assert await ask(at, "sealTo", keys) == "malformed-key"

    def seal() -> None:
        stanzas.seal_t(bytes(32), bytes.fromhex(keys["tender"]), bytes(32))
        stanzas.seal_o(bytes(32), bytes.fromhex(keys["operator"]), bytes(32))

    with pytest.raises(CryptoError) as caught:
        seal()
    assert caught.value.code == "malformed-key"


async def test_recovery_files_go_both_ways(at: Page) -> None:
    await ask(at, "seal", {**REQUEST, "files": FILES[:1]})
    kept = await ask(at, "secretsKept")
    file = base64.b64decode(await ask(at, "keep", "苍山 雪 7"))
    assert file.startswith(b"age-encryption.org/v1\n-> scrypt ")
    opened = recovery.decrypt(file, "苍山 雪 7")
    assert (opened.tender, opened.lot, opened.bidder, opened.seq) == ("ten-aaaa", "1", "org-a", 2)
    assert [(one.stage, one.secrets.k_t.hex(), one.secrets.k_o.hex()) for one in opened.stages] == [
        (stage, one["kT"], one["kO"])
        for stage, one in zip(("form", "technical"), kept, strict=True)
    ]
    mine = recovery.recovery_of("ten-b", [
        (Context(b"\x01" * 32, "2", "form", "org-b", TENDER, 3, b"\x02" * 32),
         envelope.Secrets(b"\x03" * 32, b"\x04" * 32)),
    ])  # fmt: skip
    theirs = recovery.encrypt(mine, "pass phrase")
    found = await ask(at, "unlock", {"file": b64(theirs), "passphrase": "pass phrase"})
    assert found == {
        "v": 1, "tender": "ten-b", "manifest": "01" * 32, "lot": "2", "bidder": "org-b", "seq": 3,
        "stages": [{"stage": "form", "nonce": "02" * 32, "k_t": "03" * 32, "k_o": "04" * 32}],
    }  # fmt: skip
    for bad in ({"passphrase": "other"}, {"file": b64(theirs[:-1])}, {"file": b64(b"no")}):
        asked = {"file": b64(theirs), "passphrase": "pass phrase", **bad}
        assert await ask(at, "unlock", asked) == "recovery-invalid"


def signed_descriptor() -> tuple[Descriptor, str]:
    bidder = ec.generate_private_key(ec.SECP256R1())
    descriptor = sealed_in_python("form", bidder)[0].descriptor
    return descriptor, signatures.sign(bidder, descriptor.signed_bytes()).hex()


async def test_descriptors_are_refused_with_the_codes_of_the_specification(at: Page) -> None:
    descriptor, signature = signed_descriptor()
    form = descriptor.to_json()
    right = {
        "lot": "1",
        "bidder": "org-b",
        "seq": 1,
        "manifest": form["manifest"],
        "size": form["size"],
    }
    cases: list[tuple[str, dict[str, Any]]] = [
        ("ok", {}),
        ("unknown-version", {"descriptor": {**form, "v": 2}}),
        ("unknown-suite", {"descriptor": {**form, "suite": "bidhall-2"}}),
        ("malformed-descriptor", {"descriptor": {**form, "more": 1}}),
        ("malformed-descriptor", {"descriptor": {**form, "seq": 0}}),
        ("malformed-descriptor", {"descriptor": {**form, "root": form["root"].upper()}}),
        ("malformed-descriptor", {"descriptor": {**form, "stanza_t": form["stanza_t"] + "\n"}}),
        ("illegal-size", {"descriptor": {**form, "size": form["size"] + 1}}),
        ("wrong-lot", {"expected": {"lot": "2"}}),
        ("wrong-bidder", {"expected": {"bidder": "org-c"}}),
        ("wrong-stage", {"expected": {"stage": "technical"}}),
        ("wrong-seq", {"expected": {"seq": 2}}),
        ("wrong-manifest", {"expected": {"manifest": "00" * 32}}),
        ("wrong-bidder-key", {"expected": {"bidderKey": TENDER.hex()}}),
        ("unsigned", {"signature": None}),
        ("unsigned", {"signature": ""}),
        ("wrong-signature", {"signature": "00" * 64}),
        ("wrong-signature", {"signature": signature[:-2]}),
        ("wrong-signature", {"descriptor": {**form, "root": "00" * 32}}),
        ("wrong-size", {"expected": {"size": 1}}),
        ("wrong-root", {"expected": {"root": "00" * 32}}),
    ]
    for code, case in cases:
        asked = {"descriptor": form, "signature": signature, "expected": right, **case}
        asked["expected"] = {**right, **case.get("expected", {})}
        assert await ask(at, "checked", asked) == code, (code, case)


async def test_sealing_is_refused_where_a_reader_would_refuse(at: Page) -> None:
    call = """async ([request]) => {
      const { seal, outcome } = await import('/tests/sealing.js');
      return outcome(() => seal(request));
    }"""
    for change, code in (
        ({"form": {"price": "1.5"}}, "malformed-payload"),
        ({"files": []}, "malformed-payload"),
        ({"files": [FILES[0], FILES[0]]}, "malformed-payload"),
        ({"files": [{**FILES[1], "name": "a\u202eb"}]}, "malformed-payload"),
        ({"manifestHash": "00" * 32}, "wrong-manifest"),
        ({"lot": ""}, "malformed-payload"),
        ({"number": 0}, "malformed-descriptor"),
    ):
        assert await at.evaluate(call, [{**REQUEST, **change}]) == code, change
    broken = {**MANIFEST, "keys": {**MANIFEST["keys"], "technical": {**KEYS, "operator": "00"}}}
    asked = {**REQUEST, "manifest": broken, "manifestHash": canonical.digest(broken).hex()}
    assert await at.evaluate(call, [asked]) == "malformed-key"
    left = """async () => {
      const names = [];
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
      return names;
    }"""
    assert await at.evaluate(left) == []


async def test_stopping_leaves_nothing_behind(at: Page) -> None:
    large = {**{k: v for k, v in REQUEST.items() if k != "files"}, "size": 64 << 20}
    found = await ask(at, "sealLarge", {**large, "stopAt": 0.3})
    assert found["code"] == "stopped"
    assert found["kept"] == []


async def test_without_a_disk_of_its_own_the_browser_seals_too(at: Page) -> None:
    """Private windows of some browsers have no such folder: the ciphertext is kept in Blobs."""
    await at.route(
        "**/seal/sink.js",
        lambda route: route.fulfill(
            content_type="text/javascript",
            body=(Path(__file__).parents[2] / "web/seal/sink.js")
            .read_text()
            .replace("navigator.storage.getDirectory()", "Promise.reject(new Error('none'))"),
        ),
    )
    made = await ask(at, "seal", REQUEST)
    assert made["onDisk"] == [False, False]
    bid = container.read_header(io.BytesIO(base64.b64decode(made["container"])))
    assert len(bid.stages) == 2
