"""Decoding in processes: in order, whatever becomes of one of them."""

import os
import signal
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from app.catalogue.decoding import DEADLY, Decoded, Refusal, Work, decoded
from app.catalogue.folders import FolderReader
from app.errors import CytoreviewError, Unavailable
from app.images.store import BlobStore, original_key
from tests.catalogue.cells import lay, picture


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay(tmp_path_factory.mktemp("decoding"), {f"{n}.TIF": picture(n) for n in range(60)})


def chunks(size: int = 4) -> list[list[str]]:
    paths = [f"{number}.TIF" for number in range(60)]
    return [paths[start : start + size] for start in range(0, 60, size)]


@pytest.mark.parametrize("processes", [0, 1, 3])
def test_results_come_in_the_order_of_the_files(root: Path, processes: int) -> None:
    results = [one for chunk in decoded(Work(FolderReader(str(root))), chunks(), processes) for one in chunk]
    digests = [one.file_sha256 for one in results if isinstance(one, Decoded)]
    assert digests == [sha256(picture(number)).digest() for number in range(60)]


def test_who_breaks_off_leaves_no_process_behind(root: Path) -> None:
    with closing(decoded(Work(FolderReader(str(root))), chunks(), 2)) as results:
        next(results)


def test_copies_are_in_the_store_before_anybody_hears_of_them(root: Path, tmp_path: Path) -> None:
    url = (tmp_path / "blobs").as_uri()
    ((result,),) = decoded(Work(FolderReader(str(root)), url), [["7.TIF"]], 0)
    assert isinstance(result, Decoded)
    assert BlobStore(url).get(original_key(result.file_sha256)) == picture(7)


@dataclass(frozen=True)
class DeadlyReader:
    """Stands for a decoder that a picture brings down."""

    root: str

    def read(self, path: str) -> tuple[bytes, int, int]:
        if path == "21.TIF":
            os.kill(os.getpid(), signal.SIGKILL)
        return FolderReader(self.root).read(path)


def test_a_picture_that_kills_its_decoder_is_refused_alone(root: Path) -> None:
    results = [one for chunk in decoded(Work(DeadlyReader(str(root))), chunks(), 2) for one in chunk]
    refused = {number: one for number, one in enumerate(results) if isinstance(one, Refusal)}
    assert refused == {21: Refusal(DEADLY)}
    assert len(results) == 60


@dataclass(frozen=True)
class FullDisk:
    """Stands for a store that takes nothing more."""

    def read(self, path: str) -> tuple[bytes, int, int]:
        raise Unavailable("The disk is full.")


def test_an_import_stops_where_the_store_does(root: Path) -> None:
    for processes in (0, 2):
        with pytest.raises(CytoreviewError, match="disk is full"):
            list(decoded(Work(FullDisk()), chunks(), processes))
