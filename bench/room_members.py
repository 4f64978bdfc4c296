"""The load: many members on raw sockets and epoll, in a process of their own.

It parses no more than frame headers and counts what came, about 2 microseconds a frame, and says
how much of its core it used: if that came near 1, the load would be what is measured.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import select
import socket
import struct
import sys
import time
from typing import Any


class Members:
    """All connections to one server."""

    def __init__(self, port: int, count: int, path: str, *, rooms: bool) -> None:
        """Connect and, for rooms, join."""
        self.rooms = rooms
        self.sockets: dict[int, socket.socket] = {}
        self.rest: dict[int, bytes] = {}
        self.seen: dict[int, int] = {}
        self.first = -1
        self.sent = 0
        self.mark = os.urandom(4).hex()
        self.poll = select.epoll()
        for number in range(count):
            self._connect(port, path, number)
        if rooms:
            self._join()

    def _connect(self, port: int, path: str, number: int) -> None:
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        one.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer member{number}\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += one.recv(4096)
        if b" 101 " not in answer:
            raise RuntimeError(answer.decode())
        one.settimeout(0)
        place = one.fileno()
        self.first = place if self.first < 0 else self.first
        self.sockets[place] = one
        self.rest[place] = answer.split(b"\r\n\r\n", 1)[1]
        self.seen[place] = 0
        self.poll.register(place, select.EPOLLIN)

    def _join(self) -> None:
        # The first speaks once so that the room exists, before anyone can join it.
        for one in self.sockets.values():
            one.sendall(masked(b'{"t":"join","v":1}'))
        self.take(0.5, _never)
        for place in self.seen:
            self.seen[place] = 0

    def take(self, seconds: float, done: Any) -> bool:
        """Read until ``done`` or time is up; False if it was."""
        end = time.monotonic() + seconds
        while not done():
            left = end - time.monotonic()
            if left <= 0:
                return False
            for place, _ in self.poll.poll(left, 4096):
                self._read(place)
        return True

    def _read(self, place: int) -> None:
        data = self.sockets[place].recv(1 << 18)
        if not data:
            raise RuntimeError("the server closed a connection")
        if self.rest[place]:
            data = self.rest[place] + data
        at, size, count = 0, len(data), 0
        while size - at >= 4:
            length = data[at + 1]
            body = at + 2
            if length == 126:
                length = data[at + 2] << 8 | data[at + 3]
                body = at + 4
            elif length == 127:
                if size - at < 10:
                    break
                (length,) = struct.unpack_from("!Q", data, at + 2)
                body = at + 10
            if body + length > size:
                break
            if data[at] == 0x81 and (not self.rooms or data.startswith(b'{"at"', body)):
                count += 1
            elif data[at] == 0x89:
                self.sockets[place].send(masked(data[body : body + length], 0x8A))
            at = body + length
        self.rest[place] = data[at:]
        self.seen[place] += count

    def speak(self, size: int) -> None:
        """Send one message or command whose event has about ``size`` bytes."""
        self.sent += 1
        if self.rooms:
            text = "x" * (size - 100)
            frame = {
                "t": "command", "id": f"{self.mark}-{self.sent}", "kind": "Speak",
                "body": {"text": text},
            }  # fmt: skip
            data = json.dumps(frame).encode()
        else:
            data = b"x" * size
        self.sockets[self.first].send(masked(data))

    def run(self, messages: int, flight: int, size: int) -> dict[str, float]:
        """Send ``messages``, ``flight`` at once; give deliveries a second and the core used."""
        for place in self.seen:
            self.seen[place] = 0
        places = list(self.seen)
        used, began = _cpu(), time.monotonic()
        complete = 0
        for _ in range(flight):
            self.speak(size)
        started = flight

        def step() -> bool:
            nonlocal complete, started
            # The last connection is written last most of the time: look there before at all.
            while self.seen[places[-1]] > complete and min(self.seen.values()) > complete:
                complete += 1
                if started < messages:
                    self.speak(size)
                    started += 1
            return complete >= messages

        if not self.take(120, step):
            raise RuntimeError(f"only {complete} of {messages} messages reached everyone")
        seconds = time.monotonic() - began
        extra = [place for place, count in self.seen.items() if count != messages]
        if extra:
            raise RuntimeError(f"{len(extra)} members got more than {messages} messages")
        return {
            "deliveries": messages * len(places) / seconds,
            "load": (_cpu() - used) / seconds,
        }


def _never() -> bool:
    return False


def masked(data: bytes, first: int = 0x81) -> bytes:
    """Frame a message of a client; the mask is zero, which costs nothing to apply."""
    size = len(data)
    head = (
        struct.pack("!BB", first, 0x80 | size)
        if size < 126
        else struct.pack("!BBH", first, 0xFE, size)
    )
    return head + b"\0\0\0\0" + data


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Answer questions, one JSON object a line."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    members: Members | None = None
    for line in sys.stdin:
        question = json.loads(line)
        answer: Any = {}
        if question.pop("do") == "connect":
            members = Members(**question)
        else:
            assert members is not None
            answer = members.run(**question)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
