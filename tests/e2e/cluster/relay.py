"""Carries TCP connections from one network namespace into another: a program, run as `relay.py FD NETNS HOST PORT`.

The listening socket comes ready-made as a file descriptor, so it stays in the namespace where it was bound; the
program itself moves to NETNS and dials HOST:PORT there. Bytes pass untouched, so TLS is end to end.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import sys

CHUNK = 1 << 18
CLONE_NEWNET = 0x40000000


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the reader's end, which is passed on as a half-close: the answer may still be on its way."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def serve(listening: socket.socket, host: str, port: int) -> None:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            try:
                far_reader, far_writer = await asyncio.open_connection(host, port, limit=CHUNK)
            except OSError:
                return  # the far end is down: the near end sees a closed connection, as it would without a relay
            with contextlib.closing(far_writer), contextlib.suppress(OSError):
                await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    async with await asyncio.start_server(carry, sock=listening, limit=CHUNK) as server:
        await server.serve_forever()


def main() -> None:
    descriptor, network, host, port = sys.argv[1:5]
    listening = socket.socket(fileno=int(descriptor))
    namespace = os.open(network, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"setns {network}")
    asyncio.run(serve(listening, host, int(port)))


if __name__ == "__main__":
    main()
