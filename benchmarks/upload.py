"""Upload a large file: how much memory it takes, and how fast it goes beside plain httpx.

    python benchmarks/upload.py [--megabytes 200]

The server is a process of its own that reads and forgets.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import socket
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from dify_workflow import DifyWorkflow

UPLOADED = {
    "id": "00000000-0000-0000-0000-000000000000",
    "name": "large.bin",
    "size": 0,
    "extension": "bin",
    "mime_type": "application/octet-stream",
    "created_by": "00000000-0000-0000-0000-000000000000",
    "created_at": 0,
}


def serve(pipe: Connection, requests: int) -> None:
    """Take each request, forget its body, answer as Dify does."""
    body = json.dumps(UPLOADED).encode()
    head = "HTTP/1.1 201 CREATED\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pipe.send(listener.getsockname()[1])
        for _ in range(requests):
            connection, _ = listener.accept()
            with connection:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                request, _, rest = data.partition(b"\r\n\r\n")
                left = int(httpx.Headers(_fields(request))["content-length"]) - len(rest)
                while left > 0:
                    left -= len(connection.recv(min(left, 1 << 20)))
                connection.sendall(head.encode() + body)


def _fields(request: bytes) -> list[tuple[bytes, bytes]]:
    lines = request.split(b"\r\n")[1:]
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


def peak() -> float:
    """The largest resident size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Upload and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    size = parser.parse_args().megabytes * 1_000_000
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, 4))
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}/v1"
    with (
        tempfile.TemporaryDirectory() as folder,
        DifyWorkflow(base_url=url, api_key="app-x") as dify,
    ):
        small, large = Path(folder, "small.bin"), Path(folder, "large.bin")
        small.write_bytes(b"x")
        with large.open("wb") as file:
            file.truncate(size)
        dify.upload_file(small)
        with large.open("rb") as file:
            while file.read(1 << 20):
                pass  # both read it from the page cache
        before = peak()
        began = time.perf_counter()
        dify.upload_file(large)
        seconds = time.perf_counter() - began
        grown = peak() - before
        began = time.perf_counter()
        with large.open("rb") as file:
            httpx.post(f"{url}/files/upload", files={"file": file}, data={"user": "u"}, timeout=60)
        plain = time.perf_counter() - began
        dify.upload_file(small)
    server.join()
    print(
        json.dumps(
            {
                "file MB": size / 1e6,
                "RSS growth MB": round(grown, 1),
                "seconds": round(seconds, 2),
                "seconds / httpx.post": round(seconds / plain, 2),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
