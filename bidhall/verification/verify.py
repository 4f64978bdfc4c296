"""``bidhall verify``: run every check on a bundle, offline, and say in words what holds.

Source: docs/spec/bundle.md, "Verifier". The order is fixed: a later check may rely on earlier ones, so
after the first failure those that build on it are skipped with that reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidhall.cases.errors import RefusedError
from bidhall.verification.archive import ArchiveError
from bidhall.verification.bid_checks import BID_CHECKS
from bidhall.verification.bundle import Bundle, read_bundle
from bidhall.verification.custody_checks import CUSTODY_CHECKS
from bidhall.verification.evaluation_checks import EVALUATION_CHECKS
from bidhall.verification.outcome import CheckFailedError, Outcome
from bidhall.verification.record_checks import RECORD_CHECKS
from crypto import receipt, records
from crypto.errors import CryptoError

__all__ = ["Pins", "Verdict", "verify"]

Check = Callable[[Bundle], dict[str, object]]
CHECKS: Mapping[str, Check] = {
    **RECORD_CHECKS, **CUSTODY_CHECKS, **BID_CHECKS, **EVALUATION_CHECKS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pins:
    """What the caller knows for itself: the record's key, and receipts it was given."""

    vkey: str = ""
    receipts: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about a bundle."""

    tender: str
    title: str
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Tell whether every check held."""
        return all(one.state == "passed" for one in self.outcomes)

    @property
    def failure(self) -> Outcome | None:
        """Give the first check that failed."""
        return next((one for one in self.outcomes if one.state == "failed"), None)


def verify(path: Path, pins: Pins | None = None) -> Verdict:
    """Check a bundle.

    Raises:
        ArchiveError: the file cannot be read as a bundle at all.
    """
    pins = pins or Pins()
    bundle = read_bundle(path)
    outcomes: list[Outcome] = []
    broken = ""
    for name, check in CHECKS.items():
        if broken:
            outcomes.append(Outcome(name, "skipped", reason=f"after {broken} failed"))
            continue
        outcomes.append(_run(name, check, bundle))
        broken = name if outcomes[-1].state == "failed" else ""
    if pins.vkey:
        outcomes.append(_run("pinned-key", lambda one: _pinned(one, pins.vkey), bundle))
    outcomes += [
        _run("receipt", lambda one, at=place: _receipt(one, at), bundle)  # type: ignore[misc] # binds the loop's value
        for place in pins.receipts
    ]
    title = "" if broken else str(bundle.state("ten").manifest["title"])
    return Verdict(bundle.tender, title, tuple(outcomes))


def _run(name: str, check: Check, bundle: Bundle) -> Outcome:
    try:
        return Outcome(name, "passed", check(bundle))
    except (CheckFailedError, ArchiveError, CryptoError, RefusedError) as error:
        return Outcome(name, "failed", reason=str(error))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration) as error:
        # Shapes nobody writes: a changed bundle, not a fault of the checker.
        return Outcome(
            name, "failed", reason=f"the bundle has a shape that cannot be checked ({error!r})"
        )


def _pinned(bundle: Bundle, vkey: str) -> dict[str, object]:
    if bundle.vkey != vkey:
        raise CheckFailedError("the bundle is signed by {found}, expected is {wanted}",
                               found=bundle.vkey, wanted=vkey)  # fmt: skip
    return {"vkey": vkey}


def _receipt(bundle: Bundle, path: Path) -> dict[str, object]:
    """The receipt is genuine, and its event is in this bundle, unchanged."""
    try:
        form: Any = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckFailedError("{path} is not a receipt", path=path) from error
    proven = receipt.verify(form, bundle.origin, bundle.vkey)
    stream, seq = proven.event["stream"], proven.event["seq"]
    for entry in bundle.streams.get(stream, ()):
        if entry.seq == seq:
            leaf = records.leaf_data(bytes.fromhex(form["salt"]), form["event"])
            if entry.index != proven.index or entry.leaf != leaf:
                raise CheckFailedError("the record holds something else than the receipt promises")
            return {"stream": stream, "seq": seq, "index": entry.index}
    raise CheckFailedError("the event of the receipt ({stream} {seq}) is not in the bundle",
                           stream=stream, seq=seq)  # fmt: skip
