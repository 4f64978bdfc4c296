"""Device keys, read from the registry: the stream is the table, its state cached per worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bidhall.accounts.errors import SignatureNeededError
from bidhall.cases import registry

if TYPE_CHECKING:
    from bidhall.record.streams import Streams

__all__ = ["Devices"]


class Devices:
    """Which device key speaks for whom."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def find(self, device: str) -> registry.Device:
        """Find a device, also one that was revoked.

        Raises:
            SignatureNeededError: it was never enrolled.
        """
        found = (await self._state()).devices.get(device)
        if found is None:
            message = (
                f"device {device[:80]!a} is not enrolled; enrol it under a second factor first"
            )
            raise SignatureNeededError(message, code="no-such-device", device=device[:80])
        return found

    async def of(self, person: str) -> dict[str, registry.Device]:
        """List the devices of a person, by id."""
        devices = (await self._state()).devices
        return {name: one for name, one in devices.items() if one.person == person}

    async def _state(self) -> registry.State:
        state, _ = await self._streams.state(registry.STREAM)
        if not isinstance(state, registry.State):
            raise TypeError(f"{registry.STREAM} is a {type(state).__name__}, not the registry")
        return state
