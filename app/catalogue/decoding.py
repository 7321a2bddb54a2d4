"""Reading, hashing, decoding and measuring in processes of their own, in order.

The processes are spawned, because a server with threads must not fork, and each hangs on one pipe: when the importer
dies, however suddenly, the pipe ends and so do they. When one of them dies of a picture, its files are tried one at a
time in a new one, and the picture that kills again is refused.
"""

import logging
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, Protocol, Self, TypeVar

from app.catalogue.files import Reader
from app.catalogue.folders import cannot_read
from app.errors import CytoreviewError, Unavailable
from app.images.decode import decode
from app.images.errors import BrokenPicture, PictureRefused
from app.images.store import BlobStore, original_key

# The standard library's: in a spawned process nobody has set up another, and this one never writes to standard output.
log = logging.getLogger("cytoreview.import")

CHUNKS_AHEAD = 3
"""How many chunks a process has before it: it must not wait while the importer writes rows."""

CHUNKS_APART = 32
"""How far the fastest process may be before the slowest, so that what waits for its turn stays small."""

DEADLY = "The picture makes the decoder crash. It was left out."
NICENESS = 5


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an import keeps of a file that is a picture. Digests have 32 bytes."""

    file_sha256: bytes
    pixel_sha256: bytes
    width: int
    height: int
    size: int
    mtime_ns: int
    normalised: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file can't become a cell."""

    reason: str


Result = Decoded | Refusal

Item = TypeVar("Item")
Found = TypeVar("Found")
ItemTaken = TypeVar("ItemTaken", contravariant=True)
FoundIn = TypeVar("FoundIn", covariant=True)


class Taking(Protocol[ItemTaken, FoundIn]):
    """What a process is to do with each item: find something in it, or refuse it."""

    def take(self, item: ItemTaken, /) -> FoundIn | Refusal: ...


@dataclass(slots=True)
class Work:
    """How a file is taken in: who reads it, and where its copy goes, if it is copied."""

    reader: Reader
    copies_url: str | None = None
    _store: BlobStore | None = field(default=None, init=False, repr=False, compare=False)

    def take(self, path: str) -> Result:
        """Read, hash, decode and, if asked for, copy one file."""
        try:
            data, size, mtime_ns = self.reader.read(path)
            picture = decode(data)
        except PictureRefused as error:
            return Refusal(error.message)
        except OSError as error:
            return Refusal(cannot_read(error))
        except CytoreviewError:
            raise
        except Exception:
            # Whatever a damaged file does to a decoder, it stops one file and no import.
            log.exception("%r could not be decoded", path)
            return Refusal(BrokenPicture.reason)
        file_sha256 = sha256(data).digest()
        if self.copies_url is not None:
            self._store = self._store or BlobStore(self.copies_url)
            self._store.put(original_key(file_sha256), data, durable=True)
        return Decoded(
            file_sha256, picture.pixel_sha256, picture.width, picture.height, size, mtime_ns, picture.normalised
        )


def decoded(
    work: Taking[Item, Found], chunks: Iterable[Sequence[Item]], processes: int
) -> Generator[list[Found | Refusal]]:
    """The results of each chunk, in order. Without processes of its own the caller's thread does it."""
    if processes == 0:
        for chunk in chunks:
            yield [work.take(item) for item in chunk]
        return
    with Decoders(work, processes) as decoders:
        yield from decoders.in_order(chunks)


class Worker(Generic[Item, Found]):
    """One process, its pipe, and the chunks that it has not answered yet."""

    def __init__(self, work: Taking[Item, Found]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(theirs, work), daemon=True)
        self.process.start()
        theirs.close()
        self.open: deque[tuple[int, Sequence[Item]]] = deque()

    def ask(self, number: int, chunk: Sequence[Item]) -> None:
        self.open.append((number, chunk))
        # A process that is gone shows when its answer is due.
        with suppress(OSError):
            self.pipe.send(chunk)

    def end(self) -> None:
        self.pipe.close()
        self.process.join(1)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.process.close()


class Decoders(Generic[Item, Found]):
    """Several workers on one list of chunks."""

    def __init__(self, work: Taking[Item, Found], processes: int) -> None:
        self._work = work
        self._workers: list[Worker[Item, Found]] = [Worker(work) for _ in range(processes)]
        self._answers: dict[int, list[Found | Refusal]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def in_order(self, chunks: Iterable[Sequence[Item]]) -> Iterator[list[Found | Refusal]]:
        """Ask ahead, answer in order."""
        numbered = enumerate(chunks)
        asked = answered = 0
        is_exhausted = False
        while True:
            while not is_exhausted and asked - answered < CHUNKS_APART:
                worker = min(self._workers, key=lambda one: len(one.open))
                if len(worker.open) >= CHUNKS_AHEAD:
                    break
                following = next(numbered, None)
                if following is None:
                    is_exhausted = True
                    break
                worker.ask(*following)
                asked += 1
            if answered in self._answers:
                yield self._answers.pop(answered)
                answered += 1
            elif is_exhausted and answered == asked:
                return
            else:
                self._receive()

    def _receive(self) -> None:
        by_pipe = {worker.pipe: place for place, worker in enumerate(self._workers) if worker.open}
        for pipe in wait(list(by_pipe)):
            assert isinstance(pipe, Connection)
            place = by_pipe[pipe]
            try:
                results = pipe.recv()
            except (EOFError, OSError):
                self._replace(place)
                continue
            number, _ = self._workers[place].open.popleft()
            self._answers[number] = checked(results)

    def _replace(self, place: int) -> None:
        dead = self._workers[place]
        log.warning("a decoding process died, exit code %s", dead.process.exitcode)
        (number, suspects), *others = dead.open
        dead.end()
        self._workers[place] = Worker(self._work)
        self._answers[number] = [self._alone(place, item) for item in suspects]
        for other in others:
            self._workers[place].ask(*other)

    def _alone(self, place: int, item: Item) -> Found | Refusal:
        worker = self._workers[place]
        try:
            worker.pipe.send([item])
            found: list[Found | Refusal] = checked(worker.pipe.recv())
            return found[0]
        except (EOFError, OSError):
            log.warning("%r killed its decoding process", item)
            worker.end()
            self._workers[place] = Worker(self._work)
            return Refusal(DEADLY)


@dataclass(frozen=True, slots=True)
class Standstill:
    """No file's fault: the store can't be reached, or the disk is full. The import ends and can be taken up again."""

    reason: str


def checked(answer: list[Found | Refusal] | Standstill) -> list[Found | Refusal]:
    """A worker's answer, unless it could not work."""
    if isinstance(answer, Standstill):
        raise Unavailable(answer.reason)
    return answer


def serve(pipe: Connection, work: Taking[Item, Found]) -> None:
    """A worker's life: chunks in, results out, until the pipe ends."""
    # Ctrl+C reaches the whole group; the importer decides what ends. Reviewers go before an import.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    with suppress(EOFError, OSError):
        while True:
            pipe.send(answer(work, pipe.recv()))


def answer(work: Taking[Item, Found], chunk: Sequence[Item]) -> list[Found | Refusal] | Standstill:
    """The results of a chunk, or why there can't be any."""
    try:
        return [work.take(item) for item in chunk]
    except CytoreviewError as error:
        return Standstill(error.message)
