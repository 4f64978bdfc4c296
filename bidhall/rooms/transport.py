"""Fan-out straight into the transports of uvicorn: one framing for all, one ``write`` a member.

Pinned: the subclass below uses attributes of `WebSocketsSansIOProtocol` that uvicorn does not
promise to keep. With any version but `KNOWN_VERSION` connections simply do not offer
`EXTENSION`, and rooms go through plain ASGI; ``tests/rooms/test_transport.py`` fails then, so
that someone reads uvicorn's changes and moves the pin.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from bidhall.rooms.messages import MAX_FRAME_BYTES

__all__ = ["EXTENSION", "KNOWN_VERSION", "RoomSocketProtocol", "server_options"]

KNOWN_VERSION: Final = "0.54.0"
EXTENSION: Final = "bidhall.outlet"
GRACE: Final = 5.0
"""How long a member that is being dropped may take to read its close frame, in seconds."""

log = logging.getLogger(__name__)


class RoomSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket connection, and an `Outlet` that writes ready-made frames.

    The application gets it in its scope, once the connection is accepted it may write.
    """

    congested = False

    def pause_writing(self) -> None:
        """Note that the peer reads too slowly for what is written."""
        self.congested = True
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the peer has caught up."""
        self.congested = False
        super().resume_writing()

    async def run_asgi(self) -> None:
        """Run the application, with `EXTENSION` in its scope."""
        if uvicorn.__version__ == KNOWN_VERSION:
            extensions = cast("dict[str, Any]", self.scope["extensions"])
            extensions[EXTENSION] = self
        else:
            log.warning(
                "uvicorn %s is not the known %s: rooms use plain ASGI",
                uvicorn.__version__, KNOWN_VERSION,
            )  # fmt: skip
        await super().run_asgi()

    def write(self, payloads: Sequence[bytes], frames: bytes) -> int:
        """Send ``frames`` at once if the connection is open; return the bytes still waiting."""
        del payloads
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return 0
        self.transport.write(frames)
        return self.transport.get_write_buffer_size() if self.congested else 0

    async def drained(self) -> None:
        """Wait until few bytes are waiting, or the connection is gone."""
        await self.writable.wait()

    def close(self, code: int, reason: str) -> None:
        """Send a close frame behind what is waiting, and cut the peer off after `GRACE`.

        uvicorn's own close would wait until a congested peer has read everything: for ever.
        """
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        try:
            self.conn.send_close(code, reason)
        except InvalidState:  # the peer's close frame got here first
            return
        self.close_sent = True
        self.stop_keepalive()
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(GRACE, self.transport.abort)


def server_options() -> dict[str, Any]:
    """Give the arguments of `uvicorn.Config` that rooms rely on.

    No compression: it would cost 60 KiB a member, and frames are small and written once for all.
    Every 20 s of silence the peer is asked for a sign of life and has 20 s to give it.
    """
    return {
        "ws": RoomSocketProtocol,
        "ws_max_size": MAX_FRAME_BYTES,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
    }
