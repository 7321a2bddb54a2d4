"""A way to a server on which every answer comes that much later, as over a long line; not fewer bytes a second."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def late(port: int, milliseconds: int) -> Iterator[int]:
    """The port of a relay to this one on this machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    relay = asyncio.run_coroutine_threadsafe(listen(port, milliseconds / 1000), loop).result()
    try:
        yield relay.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(relay), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def listen(port: int, delay: float) -> asyncio.Server:
    """Take connections and pass each on."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(passed_on(reader, there_writer, 0), passed_on(there_reader, writer, delay))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            there_writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """What comes goes out again, each piece that much later."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        while piece := await reader.read(65536):
            pieces.put_nowait((loop.time() + delay, piece))
        pieces.put_nowait((loop.time() + delay, b""))

    async def write() -> None:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                return writer.close()
            writer.write(piece)
            await writer.drain()

    await asyncio.gather(read(), write())


async def end(relay: asyncio.Server) -> None:
    """Close it with its connections."""
    relay.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
