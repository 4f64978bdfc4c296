#!/usr/bin/env python3

"""Fetch the browser's libraries at pinned versions and lay them out as they are served.

    python web/vendor/vendor.py [--check]

Each package comes through the machine's own `npm pack`, and its archive must have the SHA-512 written
in packages.json, or nothing is changed. From the entry points named there, every statically imported
module is followed; only those files are kept, under `web/vendor/<package>/<path>`, with three
changes and no other:

1. A bare specifier (`"@hpke/common"`) becomes a relative path. Browsers resolve bare ones only through
   an import map, which would have to be an inline script, which the pages' policy forbids.
2. The ending `.mjs` becomes `.js`: every server knows its media type.
3. The comment that names a source map is dropped: the map is not served.

The result is the same on every machine. `--check` writes nothing and fails where a file here differs.
VENDORED.md is written from packages.json too.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import posixpath
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STATIC = re.compile(
    r"""((?:^|[;}])[ \t]*(?:import|export)\b(?:[^'";()]*?\bfrom)?\s*)(["'])([^"'\n]+)\2""",
    re.MULTILINE,
)
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*\n?", re.MULTILINE)
SPECIFIER = re.compile(r"^(@[^/]+/[^/]+|[^@./][^/]*)(?:/(.*))?$")
TYPES_OF_TEXT = {".md", ".txt", ""}


class VendorError(Exception):
    """An archive is not the pinned one, or a module is not where it should be."""


def fetch(name: str, pinned: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """Get one package's files, by path inside the package.

    Raises:
        VendorError: when the archive does not have the pinned SHA-512.
    """
    wanted = f"{name}@{pinned['version']}"
    command = ["npm", "pack", "--silent", "--ignore-scripts", wanted]
    done = subprocess.run(  # noqa: S603 - our own pinned names, no shell
        command, cwd=folder, check=True, capture_output=True, text=True
    )
    data = (folder / done.stdout.strip().splitlines()[-1]).read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != pinned["integrity"]:
        message = f"{wanted} has integrity {found}, packages.json says {pinned['integrity']}"
        raise VendorError(message)
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive.getmembers():
            opened = archive.extractfile(member)
            if opened is not None:
                files[member.name.partition("/")[2]] = opened.read()
    return files


class Layout:
    """Where each module goes, and what has been reached so far."""

    def __init__(self, packages: dict[str, Any], files: dict[str, dict[str, bytes]]) -> None:
        self.packages = packages
        self.files = files
        self.out: dict[str, bytes] = {}

    def add(self, name: str, path: str) -> str:
        """Take in a module and all it imports; its path below web/vendor is returned.

        Raises:
            VendorError: when the package has no such module.
        """
        target = posixpath.join(name, re.sub(r"\.mjs$", ".js", path))
        if target in self.out:
            return target
        if path not in self.files[name]:
            message = f"{name} has no {path}; set its entry in packages.json"
            raise VendorError(message)
        self.out[target] = b""  # modules may import one another in a circle
        text = self.files[name][path].decode()

        def rewrite(found: re.Match[str]) -> str:
            head, quote, specifier = found.groups()
            return f"{head}{quote}{self.resolve(name, path, target, specifier)}{quote}"

        text = SOURCE_MAP.sub("", STATIC.sub(rewrite, text))
        self.out[target] = text.encode()
        return target

    def resolve(self, name: str, path: str, target: str, specifier: str) -> str:
        """Turn what a module imports into a relative path.

        Raises:
            VendorError: when it imports a package or an entry that packages.json does not name.
        """
        if specifier.startswith("."):
            wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
            reached = self.add(name, wanted)
        else:
            parts = SPECIFIER.match(specifier)
            other, entry = (parts[1], parts[2] or ".") if parts else (specifier, ".")
            entries = self.packages.get(other, {}).get("entries", {})
            if entry not in entries and other in self.packages and entry in self.files[other]:
                entries = {entry: entry}
            if entry not in entries:
                message = f"{name}/{path} imports {specifier}, which packages.json does not name"
                raise VendorError(message)
            reached = self.add(other, entries[entry])
        relative = posixpath.relpath(reached, posixpath.dirname(target))
        return relative if relative.startswith(".") else "./" + relative


def lay_out(pinned: dict[str, Any]) -> dict[str, bytes]:
    """Build every file that belongs below web/vendor."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: fetch(name, entry, Path(folder)) for name, entry in pinned.items()}
    layout = Layout(pinned, files)
    for name, entry in pinned.items():
        if entry.get("direct"):
            for path in entry["entries"].values():
                layout.add(name, path)
    for name in pinned:
        for path, data in files[name].items():
            if re.fullmatch(r"LICEN[CS]E(\.\w+)?", path) and Path(path).suffix in TYPES_OF_TEXT:
                layout.out[f"{name}/LICENSE"] = data
    layout.out["VENDORED.md"] = describe(pinned, layout.out).encode()
    return layout.out


def describe(pinned: dict[str, Any], out: dict[str, bytes]) -> str:
    """Write VENDORED.md: what lies here, from where, under which licence."""
    lines = [
        "# Vendored libraries",
        "",
        "Laid out by `vendor.py` from `packages.json`; do not edit by hand. What the script changes in a file is",
        "listed at its top. Direct: our own pages import it. The others are what those import.",
        "",
        "| package | version | licence | direct | bytes | SHA-512 of the archive |",
        "|---|---|---|---|---|---|",
    ]
    for name, entry in sorted(pinned.items()):
        size = sum(len(d) for p, d in out.items() if p.startswith(name + "/") and p.endswith(".js"))
        direct = "yes" if entry.get("direct") else ""
        integrity = entry["integrity"].removeprefix("sha512-")
        lines.append(
            f"| {name} | {entry['version']} | {entry['license']} | {direct} | {size} | `{integrity}` |"
        )
    return "\n".join([*lines, ""])


def differences(out: dict[str, bytes]) -> list[str]:
    """Name the files that lie here and should not, or should and do not, or differ."""
    kept = {"vendor.py", "packages.json"}
    here = {p.relative_to(HERE).as_posix(): p for p in HERE.rglob("*") if p.is_file()}
    here = {n: p for n, p in here.items() if n not in kept and not n.endswith((".d.ts", ".pyc"))}
    changed = {n for n, p in here.items() if n in out and p.read_bytes() != out[n]}
    return sorted((set(here) ^ set(out)) | changed)


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Lay out the browser's libraries.")
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    check = parser.parse_args().check
    out = lay_out(json.loads((HERE / "packages.json").read_text()))
    found = differences(out)
    if not check:
        for name in found:
            path = HERE / name
            if name in out:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(out[name])
            else:
                path.unlink()
    sys.stdout.write("".join(f"{name}\n" for name in found))
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
