"""``bidhall bid``: seal, submit, replace, withdraw, receipt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from bidhall.client import bidder
from bidhall.client.signing_in import signed_in
from bidhall.client.visitor import Visitor
from crypto import container

__all__ = ["bid_app"]

bid_app = typer.Typer(no_args_is_help=True, help="Seal bids and hand them in. 封装与递交投标文件。")

Hall = Annotated[str, typer.Option("--hall", envvar="BIDHALL_HALL", help="Address of the hall.")]
Account = Annotated[str, typer.Option("--account", envvar="BIDHALL_ACCOUNT")]
Store = Annotated[Path, typer.Option("--keys", envvar="BIDHALL_KEYS", help="Your key store.")]
_KEYS = Path.home() / ".config" / "bidhall" / "keys.age"


def _watch() -> tuple[Progress, Callable[[str, int, int], None]]:
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    )
    tasks: dict[str, Any] = {}

    def advance(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = progress.add_task(what, total=total)
        progress.update(tasks[what], completed=done)

    return progress, advance


@bid_app.command()
def seal(  # noqa: PLR0913, PLR0917 - a command line has its options
    tender: Annotated[str, typer.Argument(help="The tender, ten-...")],
    lot: Annotated[str, typer.Argument(help="The lot's number.")],
    form: Annotated[Path, typer.Option("--form", help="Prices and key terms, a JSON object.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The sealed bid file to write.")],
    hall: Hall,
    account: Account,
    file: Annotated[list[Path], typer.Option("--file", help="A technical file; may be repeated.")],
    keys: Store = _KEYS,
    number: Annotated[int, typer.Option(help="Version: 1, or one more for each replacement.")] = 1,
) -> None:
    """Seal a bid on this machine, test that it opens again, and write a recovery file beside it."""

    async def work() -> None:
        async with signed_in(hall, account, keys) as (visitor, store):
            terms = await bidder.terms_of(visitor, tender)
            request = bidder.SealRequest(
                lot, visitor.person["organisation"], number, json.loads(form.read_bytes()), file
            )
            phrase = typer.prompt(
                "recovery passphrase / 恢复口令", hide_input=True, confirmation_prompt=True
            )
            progress, advance = _watch()
            with progress:
                await asyncio.to_thread(
                    bidder.seal, terms, request, store.device(), out,
                    passphrase=phrase, progress=advance,
                )  # fmt: skip

    asyncio.run(work())
    typer.echo(f"sealed {out}; keep {out}.recovery and its passphrase apart from it")


async def _send(visitor: Visitor, path: Path, bid: str, receipt: Path) -> None:
    progress, advance = _watch()
    with progress:
        result = await bidder.hand_in(visitor, path, bid=bid, progress=advance)
    bidder.save_receipt(result["receipt"], receipt)
    typer.echo(
        f"{result['bid']}: received {result['receipt']['time']}, receipt checked and kept in {receipt}"
    )


@bid_app.command()
def submit(
    sealed: Annotated[Path, typer.Argument(help="A sealed bid file.")],
    receipt: Annotated[Path, typer.Option("--receipt", help="Where to keep the receipt.")],
    hall: Hall,
    account: Account,
    keys: Store = _KEYS,
) -> None:
    """Upload and submit a sealed bid; the receipt is checked before it is believed."""

    async def work() -> None:
        async with signed_in(hall, account, keys) as (visitor, _):
            await _send(visitor, sealed, "", receipt)

    asyncio.run(work())


@bid_app.command()
def replace(  # noqa: PLR0913 - as above
    bid: Annotated[str, typer.Argument(help="The bid to replace, bid-...")],
    sealed: Annotated[Path, typer.Argument(help="The new sealed bid file.")],
    receipt: Annotated[Path, typer.Option("--receipt")],
    hall: Hall,
    account: Account,
    keys: Store = _KEYS,
) -> None:
    """Replace a bid before the deadline."""

    async def work() -> None:
        async with signed_in(hall, account, keys) as (visitor, _):
            await _send(visitor, sealed, bid, receipt)

    asyncio.run(work())


@bid_app.command()
def withdraw(  # noqa: PLR0913 - as above
    tender: Annotated[str, typer.Argument()],
    bid: Annotated[str, typer.Argument()],
    hall: Hall,
    account: Account,
    reason: Annotated[str, typer.Option()] = "",
    keys: Store = _KEYS,
) -> None:
    """Withdraw a bid before the deadline (截止前撤回); it is never opened."""

    async def work() -> None:
        async with signed_in(hall, account, keys) as (visitor, _):
            await visitor.command(
                tender, "WithdrawBid", {"bid": bid, "reason": reason}, signed=True
            )

    asyncio.run(work())
    typer.echo(f"{bid} is withdrawn; it will not be opened")


@bid_app.command()
def receipt(
    file: Annotated[Path, typer.Argument(help="A receipt.")],
    origin: Annotated[str, typer.Option(help="The record's origin.")],
    key: Annotated[str, typer.Option(help="The record's verifier key.")],
    sealed: Annotated[
        Path | None, typer.Option(help="The sealed bid file it should be for.")
    ] = None,
) -> None:
    """Check a receipt offline, and that it is for your sealed bid file."""
    hashes: list[bytes] = []
    if sealed is not None:
        with sealed.open("rb") as source:
            hashes = [one.descriptor.digest() for one in container.read_header(source).stages]
    proven = bidder.check_receipt(json.loads(file.read_bytes()), origin, key, hashes)
    typer.echo(f"holds: entry {proven.index} of the record, {proven.event['at']}")
