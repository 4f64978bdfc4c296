"""The JSON schemas of the frames, made from the structs: ``python -m bidhall.rooms.schema``.

``docs/spec/rooms.md`` holds what this prints; a test compares them.
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

import msgspec

from bidhall.rooms.messages import CLIENT_FRAMES, SERVER_FRAMES

__all__ = ["schemas", "text"]


def schemas() -> dict[str, Any]:
    """Give the schema of every frame and part of a frame, by the name of its struct."""
    frames = CLIENT_FRAMES + SERVER_FRAMES
    _, parts = msgspec.json.schema_components(frames, ref_template="#/$defs/{name}")
    for part in parts.values():
        part["description"] = inspect.cleandoc(part.get("description", "")).split("\n\n")[0]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": dict(sorted(parts.items())),
        "client": {"anyOf": [{"$ref": f"#/$defs/{one.__name__}"} for one in CLIENT_FRAMES]},
        "server": {"anyOf": [{"$ref": f"#/$defs/{one.__name__}"} for one in SERVER_FRAMES]},
    }


def text() -> str:
    """Write the schemas, one definition a line."""
    whole = schemas()
    lines = [f'"{name}": {json.dumps(part)}' for name, part in whole.pop("$defs").items()]
    rest = [f'"{name}": {json.dumps(part)}' for name, part in whole.items()]
    return "{" + ",\n".join([*rest, '"$defs": {\n' + ",\n".join(lines) + "}"]) + "}\n"


if __name__ == "__main__":
    sys.stdout.write(text())
