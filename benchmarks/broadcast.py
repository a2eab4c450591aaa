"""The peer of the fan-out: `websockets.broadcast` in a process of its own, `python -m benchmarks.broadcast`.

It reads messages from stdin, one a line, and gives each to every connection; no queue, no numbers, no rights.
"""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve


async def _serve() -> None:
    pages: set[ServerConnection] = set()

    async def page(connection: ServerConnection) -> None:
        pages.add(connection)
        await connection.wait_closed()
        pages.discard(connection)

    loop = asyncio.get_running_loop()
    async with serve(page, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            broadcast(pages, line.rstrip("\n"))


if __name__ == "__main__":
    asyncio.run(_serve())
