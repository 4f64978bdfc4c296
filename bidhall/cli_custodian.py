"""``bidhall custodian``: take part in a ceremony, release shares, on one's own machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bidhall.client.custodian import CustodianClient
from bidhall.client.signing_in import signed_in

__all__ = ["custodian_app"]

custodian_app = typer.Typer(
    no_args_is_help=True, help="Hold and release shares of tender keys. 保管与释放开标密钥份额。"
)

Hall = Annotated[str, typer.Option("--hall", envvar="BIDHALL_HALL", help="Address of the hall.")]
Account = Annotated[str, typer.Option("--account", envvar="BIDHALL_ACCOUNT")]
Store = Annotated[Path, typer.Option("--keys", envvar="BIDHALL_KEYS", help="Your key store.")]
_KEYS = Path.home() / ".config" / "bidhall" / "custodian.age"


@custodian_app.command()
def ceremony(
    stream: Annotated[str, typer.Argument(help="The ceremony, cer-...")],
    hall: Hall,
    account: Account,
    keys: Store = _KEYS,
) -> None:
    """Take part in a key ceremony from joining to the end; may be interrupted and run again."""

    async def work() -> int:
        async with signed_in(hall, account, keys) as (visitor, store):
            client = CustodianClient(visitor, store, say=typer.echo)
            return await client.hold_ceremony(stream, seconds=3600)

    typer.echo(f"holding shares of {asyncio.run(work())} keys in {keys}; back this file up now")


@custodian_app.command()
def release(
    tender: Annotated[str, typer.Argument(help="The tender, ten-...")],
    hall: Hall,
    account: Account,
    keys: Store = _KEYS,
) -> None:
    """Release your shares for the opening, if your own clock and the record allow it."""

    async def work() -> list[str]:
        async with signed_in(hall, account, keys) as (visitor, store):
            return await CustodianClient(visitor, store, say=typer.echo).release(tender)

    typer.echo(f"done: {', '.join(asyncio.run(work()))}")


@custodian_app.command("release-lot")
def release_lot(
    tender: Annotated[str, typer.Argument(help="The tender, ten-...")],
    hall: Hall,
    account: Account,
    keys: Store = _KEYS,
) -> None:
    """Release your share of the lot key, once the roster of experts is committed."""

    async def work() -> None:
        async with signed_in(hall, account, keys) as (visitor, store):
            await CustodianClient(visitor, store, say=typer.echo).release_lot(tender)

    asyncio.run(work())
