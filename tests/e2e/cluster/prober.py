"""Runs inside probe pods: `serve PROTOCOL/PORT …` answers, `ask SECONDS` tries targets (JSON on standard input).

Answers on standard output are a JSON list of booleans, one for each target `[host, protocol, port]`, in order. A target
counts as reached only when a byte has come back, so a connection that is accepted and then cut does not.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

GREETING = b"!"
AT_ONCE = 64
"""Connections that one pod opens at a time."""


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(GREETING, addr)


class Answer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.came.done():
            self.came.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.came.done():
            self.came.set_exception(exc)


async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(GREETING)
    await writer.drain()
    writer.close()


async def serve(ports: list[str]) -> None:
    for port in ports:
        protocol, number = port.split("/")
        if protocol == "TCP":
            await asyncio.start_server(greet, "0.0.0.0", int(number))
        else:
            await asyncio.get_running_loop().create_datagram_endpoint(Echo, ("0.0.0.0", int(number)))
    print("serving", flush=True)
    await asyncio.Event().wait()


async def ask_tcp(host: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        return await reader.read(1) == GREETING
    finally:
        writer.close()


async def ask_udp(host: str, port: int) -> bool:
    transport, answer = await asyncio.get_running_loop().create_datagram_endpoint(Answer, remote_addr=(host, port))
    try:
        transport.sendto(GREETING)
        return bool(await answer.came == GREETING)
    finally:
        transport.close()


async def ask(seconds: float, targets: list[tuple[str, str, int]]) -> list[bool]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(host: str, protocol: str, port: int) -> bool:
        async with gate:
            try:
                async with asyncio.timeout(seconds):
                    return await (ask_tcp if protocol == "TCP" else ask_udp)(host, port)
            except (OSError, TimeoutError):
                return False

    return await asyncio.gather(*(one(*target) for target in targets))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(sys.argv[2:]))
    else:
        print(json.dumps(asyncio.run(ask(float(sys.argv[2]), json.load(sys.stdin)))))
