"""``python -m bench NAME... [--json]``: run measurements. Without a name: list them.

Exit 0 when every goal is reached, 1 when one is missed, 2 when one cannot be taken here.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from bench.outcome import NotHereError, Outcome

# Each is a coroutine function without arguments that gives an Outcome, or its figures.
BENCHES = {
    "rooms": "bench.rooms:rooms",
    "rooms-burst": "bench.rooms:burst",
    "rooms-node": "bench.rooms:node",
    "rooms-memory": "bench.rooms:memory",
    "events": "bench.events:measure",
    "score-latency": "bench.score_latency:measure",
    "upload": "bench.upload:upload",
    "seal": "bench.envelope:seal",
    "open": "bench.envelope:open_",
    "opening": "bench.opening:measure",
    "verify": "bench.verify:measure",
    "start": "bench.start:measure",
}


def find(name: str) -> Callable[[], Coroutine[Any, Any, Outcome | Mapping[str, Any]]]:
    """Give the function of a measurement.

    Raises:
        NotHereError: its module is missing.
    """
    module, function = BENCHES[name].split(":")
    try:
        found: Callable[[], Coroutine[Any, Any, Outcome | Mapping[str, Any]]] = getattr(
            importlib.import_module(module), function
        )
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        message = f"{name}: {module} is not written"
        raise NotHereError(message) from error
    return found


def show(outcome: Outcome, *, as_json: bool) -> None:
    """Print one outcome."""
    form = outcome.form()
    if as_json:
        sys.stdout.write(json.dumps(form) + "\n")
        return
    word = "reached" if outcome.reached else "MISSED"
    sys.stdout.write(
        f"{form['name']:14} {form['ratio']:8.2f}  [{form['min']:.2f} .. {form['max']:.2f}]"
        f"  goal {'>=' if outcome.at_least else '<='} {form['goal']:g}  {word}  ({form['rounds']} rounds)\n"
    )


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*BENCHES, "all"]))
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args()
    names = list(BENCHES) if given.names == ["all"] else given.names
    unknown = [name for name in names if name not in BENCHES]
    if unknown or not names:
        parser.error(f"choose from: {', '.join([*BENCHES, 'all'])}")
    status = 0
    for name in names:
        try:
            found = asyncio.run(find(name)())
        except NotHereError as error:
            sys.stderr.write(f"{error}\n")
            status = max(status, 2)
            continue
        outcome = found if isinstance(found, Outcome) else Outcome.of(found)
        show(outcome, as_json=given.json)
        status = max(status, 0 if outcome.reached else 1)
    return status


if __name__ == "__main__":
    sys.exit(main())
