"""The load: files sent at once over raw sockets, a thread each; it does nothing but ``sendall``.

Reports how much of a core it used: a send of a MiB costs it a copy into the kernel and no more.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any


def request(
    connection: socket.socket, method: str, path: str, headers: dict[str, str], body: memoryview
) -> tuple[int, dict[str, str]]:
    """Send a request and read the answer, which must have no body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    connection.sendall(body)
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65_536)
        if not piece:
            raise RuntimeError(f"{method} {path}: the server closed the connection")
        answer += piece
    first, *rest = answer.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")
    found = dict(line.lower().split(": ", 1) for line in rest)
    return int(first.split()[1]), found


def by_tus(port: int, data: memoryview, number: int, digest: str) -> None:
    """Upload to the hall, which answers when the bytes are hashed and on the disk."""
    del number
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tus = {"Tus-Resumable": "1.0.0"}
        made = {**tus, "Upload-Length": str(len(data))}
        status, found = request(one, "POST", "/files", made, memoryview(b""))
        assert status == 201, status
        piece = {
            **tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
        }  # fmt: skip
        status, found = request(one, "PATCH", found["location"], piece, data)
        assert status == 204, status
        assert found["repr-digest"].lower() == digest.lower(), "the hall hashed something else"


def by_put(port: int, data: memoryview, number: int, folder: str) -> None:
    """Upload to nginx, then wait for the disk here, because nginx does not."""
    path = f"/put-{os.getpid()}-{number}"
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        status, _ = request(one, "PUT", path, {}, data)
    assert status in {201, 204}, status
    file = os.open(folder + path, os.O_RDONLY)
    assert os.fstat(file).st_size == len(data)
    os.fsync(file)
    os.close(file)
    folder_ = os.open(folder, os.O_RDONLY)
    os.fsync(folder_)
    os.close(folder_)


def run(question: dict[str, Any], data: memoryview) -> dict[str, float]:
    """Send all files at once; give bytes a second."""
    send = by_tus if question["way"] == "tus" else by_put
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            send(question["port"], data, number, question["extra"])
        except BaseException as error:  # noqa: BLE001 - told below, whatever it is
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(question["files"])]
    used, began = _cpu(), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    if failures:
        raise RuntimeError(f"{len(failures)} uploads failed: {failures[0]!r}")
    return {"rate": len(data) * len(threads) / seconds, "load": (_cpu() - used) / seconds}


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Answer questions, one JSON object a line; the first argument is the file to send."""
    data = memoryview(Path(sys.argv[1]).read_bytes())
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line), data)), flush=True)


if __name__ == "__main__":
    main()
