"""The bidder's side: seal, test, hand in, replace, withdraw, and check the receipt oneself."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from bidhall.client.errors import ClientError
from bidhall.client.keystore import Device
from bidhall.client.visitor import Visitor
from bidhall.durable import sync_folder, write_aside
from bidhall.ids import new_id
from crypto import canonical, container, envelope, receipt, recovery
from crypto.descriptor import Context
from crypto.payload import FileEntry, Header, form_header, technical_header

__all__ = ["SealRequest", "Terms", "check_receipt", "hand_in", "seal", "terms_of"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a bid is sealed against: the manifest as published, and its hash."""

    tender: str
    manifest: Mapping[str, Any]
    manifest_hash: bytes


@dataclass(frozen=True, slots=True)
class SealRequest:
    """One bid to seal: for which lot, by whom, which version (from 1), with what content."""

    lot: str
    bidder: str
    number: int
    form: Mapping[str, str | int]
    files: Sequence[Path]


async def terms_of(visitor: Visitor, tender: str) -> Terms:
    """Fetch the published manifest and check its hash.

    Raises:
        ClientError: the tender is not published, or what came does not match its hash.
    """
    case = await visitor.case(tender)
    for event in case["events"]:
        if event["kind"] == "TenderPublished":
            manifest = event["body"]["manifest"]
            digest = canonical.digest(manifest)
            if digest.hex() != event["body"]["manifest_hash"]:
                raise ClientError(
                    "the manifest does not have the hash it is published under; do not bid"
                )
            return Terms(tender, manifest, digest)
    message = f"{tender} is not published"
    raise ClientError(message)


def seal(  # noqa: PLR0913 - terms, content, key, where to, and two ways to watch
    terms: Terms,
    request: SealRequest,
    device: Device,
    out: Path,
    *,
    passphrase: str = "",
    progress: Progress | None = None,
) -> envelope.Sealed:
    """Seal a bid into the file ``out``, self-tested; with a passphrase also ``out``.recovery.

    Memory stays constant whatever the size. A crash leaves no file under the wanted name.

    Raises:
        CryptoError: a file changed while it was read, or the self-test failed.
    """
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".seal-") as folder:
        stages = [
            _seal_stage(
                terms, request, device, header, files, Path(folder) / header.stage, progress
            )
            for header, files in _content(request)
        ]
        bid = container.bundle(
            terms.tender,
            [(one.descriptor, device.sign(one.descriptor.signed_bytes())) for one in stages],
        )
        aside = Path(folder) / "sealed"
        with ExitStack() as stack, aside.open("wb") as file:
            sources = [
                stack.enter_context((Path(folder) / one.descriptor.context.stage).open("rb"))
                for one in stages
            ]
            container.write(bid, sources, file)
            file.flush()
            os.fsync(file.fileno())
        if passphrase:
            kept = recovery.recovery_of(
                terms.tender, [(one.descriptor.context, one.secrets) for one in stages]
            )
            write_aside(out.with_name(out.name + ".recovery"), recovery.encrypt(kept, passphrase))
        aside.replace(out)
        sync_folder(out.parent)
    return stages[0]


def _content(request: SealRequest) -> list[tuple[Header, Sequence[Path]]]:
    entries = [
        FileEntry(
            one.name, one.stat().st_size,
            mimetypes.guess_type(one.name)[0] or "application/octet-stream",
        )
        for one in request.files
    ]  # fmt: skip
    return [
        (form_header(request.lot, request.form), ()),
        (technical_header(request.lot, entries), request.files),
    ]


def _seal_stage(  # noqa: PLR0913 - as above, for one stage
    terms: Terms, request: SealRequest, device: Device, header: Header, files: Sequence[Path],
    target: Path, progress: Progress | None,
) -> envelope.Sealed:  # fmt: skip
    key = terms.manifest["keys"][header.stage]
    context = Context(
        manifest=terms.manifest_hash, lot=request.lot, stage=header.stage, bidder=request.bidder,
        bidder_key=device.public_key, seq=request.number, nonce=os.urandom(32),
    )  # fmt: skip
    keys = envelope.StageKeys(bytes.fromhex(key["public_key"]), bytes.fromhex(key["operator"]))
    with ExitStack() as stack:
        sources = [stack.enter_context(one.open("rb", buffering=0)) for one in files]
        with target.open("wb") as out:
            sealed = envelope.seal(
                context, keys, header, sources, out, os.urandom,
                progress=_named(progress, f"seal {header.stage}"),
            )  # fmt: skip
    with target.open("rb", buffering=0) as back:
        envelope.self_test(sealed, back, progress=_named(progress, f"test {header.stage}"))
    return sealed


def _named(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(what, done, total)


async def hand_in(
    visitor: Visitor, path: Path, *, bid: str = "", progress: Progress | None = None
) -> dict[str, Any]:
    """Upload a sealed bid file and submit it (or, given ``bid``, replace that one); gives the receipt.

    The receipt is checked here before it is believed.

    Raises:
        HallRefusedError: late, wrong manifest, plaintext and so on, in the hall's words.
        ClientError: the receipt does not show what was handed in.
    """
    with path.open("rb") as file:
        sealed = container.read_header(file)
        start = file.tell()
    stages = []
    for stage in sealed.stages:
        name = stage.descriptor.context.stage
        upload = await visitor.upload(
            path, offset=start + stage.offset, size=stage.descriptor.size,
            progress=_named(progress, f"upload {name}"),
        )  # fmt: skip
        stages.append({
            "stage": name, "upload": upload, "descriptor": stage.descriptor.to_json(),
            "signature": stage.signature,
        })  # fmt: skip
    lot = sealed.stages[0].descriptor.context.lot
    kind = "ReplaceBid" if bid else "SubmitBid"
    body = {"bid": bid or new_id("bid"), "lot": lot, "stages": stages}
    await visitor.command(sealed.tender, kind, body, signed=True)
    form = await visitor.request("GET", f"/api/receipts/{sealed.tender}/{body['bid']}")
    hashes = [one.descriptor.digest() for one in sealed.stages]
    check_receipt(form, visitor.log_origin, visitor.log_vkey, hashes)
    return {"bid": body["bid"], "lot": lot, "receipt": form}


def check_receipt(
    form: Mapping[str, Any], origin: str, vkey: str, hashes: Sequence[bytes]
) -> receipt.ProvenReceipt:
    """Check a receipt against the record's key and the envelopes' own hashes.

    Raises:
        CryptoError: it does not show that these envelopes are in the record.
    """
    return receipt.verify(form, origin, vkey, descriptor_hashes=hashes)


def sealed_hash(file: BufferedReader) -> str:
    """Hash a sealed bid file, hex, for a person to compare."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def save_receipt(form: Mapping[str, Any], path: Path) -> None:
    """Keep a receipt as a readable file."""
    write_aside(path, json.dumps(form, ensure_ascii=False, indent=1).encode(), mode=0o644)
