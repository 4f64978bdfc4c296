"""The command line: the hall, its key process, the bidder's and the custodian's tools, the verifier.

Each command imports what it needs when it runs, so that ``bidhall verify`` starts fast and needs
neither database nor network.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from bidhall.errors import BidhallError
from crypto.errors import CryptoError

__all__ = ["main"]

_T = TypeVar("_T")

app = typer.Typer(
    name="bidhall", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="竞标厅 Bidhall: sealed bids, live openings, remote evaluation, a record anyone can check.",
)  # fmt: skip

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")]


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(work)


@app.command()
def run() -> None:
    """Start the hall with a demonstration tender under way, on local PostgreSQL and Valkey."""
    from bidhall.demo.live import run_live
    from bidhall.logs import set_up_logs
    from bidhall.settings import load_settings

    set_up_logs()
    _run(run_live(load_settings()))


@app.command()
def serve() -> None:
    """Start the hall: key process, workers, and local services unless DATABASE_URL, REDIS_URL are set."""
    from bidhall.logs import set_up_logs
    from bidhall.running import serve_forever
    from bidhall.settings import load_settings

    set_up_logs()
    _run(serve_forever(load_settings()))


@app.command(hidden=True)
def worker(descriptor: int) -> None:
    """Run one worker on an inherited socket (started by ``serve``)."""
    import socket

    from bidhall.logs import set_up_logs
    from bidhall.serve import run_worker
    from bidhall.settings import load_settings

    set_up_logs()
    _run(run_worker(load_settings(), socket.socket(fileno=descriptor)))


@app.command()
def operator() -> None:
    """Run the operator's key process (``serve`` and ``run`` start one of their own)."""
    from bidhall.logs import set_up_logs
    from bidhall.running import run_operator
    from bidhall.settings import load_settings

    set_up_logs()
    _run(run_operator(load_settings()))


@app.command()
def migrate() -> None:
    """Bring the database of DATABASE_URL up to date."""
    from bidhall.settings import load_settings
    from bidhall.store.migrate import migrate as bring_up

    for name in _run(bring_up(load_settings().database_url)):
        typer.echo(f"ran {name}")


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the record and all files.")],
    fast: Annotated[bool, typer.Option("--fast", help="Play without pauses.")] = False,
    as_json: AsJson = False,
) -> None:
    """Play the whole life of a tender without a screen, then export and verify its record."""
    from bidhall.demo.play import play
    from bidhall.logs import set_up_logs

    set_up_logs(quiet=True)
    summary = _run(play(out, fast=fast, say=lambda text: typer.echo(text, err=as_json)))
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
    raise typer.Exit(0 if summary["verified"] else 1)


@app.command()
def code(
    account: Annotated[str, typer.Argument(help="An account of the demonstration, such as host.")],
) -> None:
    """Show the current second-factor code of an account of the demonstration hall."""
    import pyotp

    from bidhall.settings import load_settings

    path = load_settings().data / "demonstration.json"
    known = json.loads(path.read_bytes()) if path.exists() else {}
    if account not in known:
        typer.echo(f"{account} is not an account of a demonstration in {path.parent}", err=True)
        raise typer.Exit(1)
    typer.echo(pyotp.TOTP(known[account][2]).now())


@app.command()
def verify(
    record: Annotated[Path, typer.Argument(help="The record bundle, record.zip.")],
    receipt: Annotated[
        list[Path] | None, typer.Option(help="A receipt that must be in it.")
    ] = None,
    key: Annotated[str, typer.Option(help="The record's key you know from elsewhere.")] = "",
    lang: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    as_json: AsJson = False,
) -> None:
    """Check a record bundle offline: exit 0 all holds, 1 a check failed, 2 cannot be read."""
    from bidhall.verification.archive import ArchiveError
    from bidhall.verification.verify import Pins
    from bidhall.verification.verify import verify as check
    from bidhall.verification.words import as_data, as_text

    try:
        verdict = check(record, Pins(key, tuple(receipt or ())))
    except ArchiveError as error:
        if as_json:
            typer.echo(json.dumps({"passed": False, "readable": False, "reason": str(error)}))
        else:
            typer.echo(f"无法读取 / cannot be read: {error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(as_data(verdict), ensure_ascii=False))
    else:
        typer.echo(as_text(verdict, lang))
    raise typer.Exit(0 if verdict.passed else 1)


@app.command()
def export(
    tender: Annotated[str, typer.Argument(help="The tender, ten-...")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write the bundle.")],
    files: Annotated[bool, typer.Option("--files", help="Add the sealed technical parts.")] = False,
) -> None:
    """Write the record bundle of a tender from the hall's database and files."""
    from bidhall.app import open_hall
    from bidhall.running import connected
    from bidhall.verification.export import export as write

    async def work() -> dict[str, Any]:
        async with connected() as settings, open_hall(settings) as hall:
            return await write(hall, tender, out, files=files)

    typer.echo(json.dumps(_run(work()), ensure_ascii=False))


def main() -> None:
    """Run the command line; a refusal is one clear sentence and exit 1, never a traceback."""
    from bidhall.cli_bid import bid_app
    from bidhall.cli_custodian import custodian_app

    app.add_typer(bid_app, name="bid")
    app.add_typer(custodian_app, name="custodian")
    try:
        app()
    except (BidhallError, CryptoError) as error:
        typer.echo(f"bidhall: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
