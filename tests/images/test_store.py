"""Where bytes are kept, in a folder and in another of obstore's stores by the same code."""

import threading
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.images.errors import BlobNotFound, StoreUnavailable, StoreUrlNotValid
from app.images.store import BLOCK, BlobStore, Size, original_key, rendition_key

DIGEST = sha256(b"cell").digest()
KEY = rendition_key(DIGEST, 288, 288, Size.DISPLAY)


@pytest.fixture(params=["folder", "folder with a space, a % and an ö", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    kind = request.param
    return BlobStore("memory:///" if kind == "memory" else (tmp_path / kind / "blobs").as_uri())


def test_keys_are_content_addressed() -> None:
    name = DIGEST.hex()
    assert rendition_key(DIGEST, 288, 300, Size.THUMBNAIL) == (f"renditions/{name[:2]}/{name}-288x300/thumbnail.webp")
    assert original_key(DIGEST) == f"originals/{name[:2]}/{name}"


def test_what_is_put_is_got(store: BlobStore) -> None:
    store.put(KEY, b"bytes")
    store.put(original_key(DIGEST), b"", durable=True)
    assert store.get(KEY) == b"bytes"
    assert type(store.get(KEY)) is bytes
    assert store.get(original_key(DIGEST)) == b""
    assert store.length(KEY) == 5
    assert store.exists(KEY)


def test_what_was_never_put_is_not_found(store: BlobStore) -> None:
    assert not store.exists(KEY)
    for read in (store.get, store.length, store.stream):
        with pytest.raises(BlobNotFound) as caught:
            read(KEY)
        assert caught.value.key == KEY


def test_putting_again_replaces(store: BlobStore) -> None:
    store.put(KEY, b"first, and longer")
    store.put(KEY, b"second")
    assert store.get(KEY) == b"second"


def test_deleting_twice_is_as_good_as_once(store: BlobStore) -> None:
    store.put(KEY, b"bytes")
    store.delete(KEY)
    store.delete(KEY)
    assert not store.exists(KEY)


def test_a_large_file_goes_in_and_out_in_blocks(store: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "large"
    content = b"".join(sha256(bytes([i])).digest() * (BLOCK // 8) for i in range(6))
    source.write_bytes(content)
    store.put_file("originals/large", source)
    assert store.length("originals/large") == len(content)
    received = list(store.stream("originals/large"))
    assert b"".join(received) == content
    assert all(type(block) is bytes for block in received)


def test_a_folder_streams_without_holding_a_whole_file(tmp_path: Path) -> None:
    store = BlobStore((tmp_path / "blobs").as_uri())
    store.put("originals/large", bytes(10 * BLOCK))
    assert max(len(block) for block in store.stream("originals/large")) <= 2 * BLOCK


def test_a_source_that_is_missing_is_no_missing_blob(store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.put_file("originals/none", tmp_path / "none")


def test_keys_are_listed_by_prefix(store: BlobStore) -> None:
    names = {"originals/aa/1", "originals/ab/2", "renditions/aa/3-1x1/display.webp"}
    for name in names:
        store.put(name, b"x")
    assert set(store.list()) == names
    assert set(store.list("originals")) == {"originals/aa/1", "originals/ab/2"}
    assert set(store.list("originals/a")) == set()
    assert set(store.list("nothing")) == set()


@pytest.mark.parametrize("key", ["", "/", "../x", "a/../b", "/etc/passwd", "a//b", "a/", "A", "a b", "ä", "a\n", "a\0"])
def test_a_key_cannot_lead_out_of_the_store(store: BlobStore, key: str) -> None:
    for use in (store.get, store.length, store.delete, store.stream):
        with pytest.raises(ValueError, match="is not a blob's key"):
            use(key)
    with pytest.raises(ValueError, match="is not a blob's key"):
        store.put(key, b"")


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,4}", fullmatch=True), st.binary(max_size=200), max_size=8))
def test_many_blobs_are_kept_apart(blobs: dict[str, bytes]) -> None:
    store = BlobStore("memory:///")
    for name, data in blobs.items():
        store.put(f"originals/{name}", data)
    found = {key: store.get(key) for key in store.list()}
    assert found == {f"originals/{name}": data for name, data in blobs.items()}


def test_readers_see_a_blob_whole_or_not_at_all(tmp_path: Path) -> None:
    store = BlobStore((tmp_path / "blobs").as_uri())
    versions = [bytes([i]) * 300_000 for i in range(8)]
    store.put(KEY, versions[0])
    done = threading.Event()

    def write() -> None:
        for data in versions * 5:
            store.put(KEY, data)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert store.get(KEY) in versions
    writer.join()
    assert set(store.list()) == {KEY}


@pytest.mark.parametrize(
    "url", ["", "blobs", "ftp://host/x", "http://host/x", "file://host/x", "s3://", "file:///proc/x"]
)
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(StoreUrlNotValid, match="CYTOREVIEW_BLOBS_URL") as caught:
        BlobStore(url)
    assert "\n" not in caught.value.message


def test_a_store_that_fails_says_so_in_one_line(tmp_path: Path) -> None:
    store = BlobStore((tmp_path / "blobs").as_uri())
    (tmp_path / "blobs" / "originals").write_bytes(b"a file where a folder should be")
    with pytest.raises(StoreUnavailable) as caught:
        store.put("originals/aa/1", b"x")
    assert "\n" not in caught.value.message


def test_an_s3_address_makes_a_store_by_the_same_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    BlobStore("s3://bucket/prefix")


def test_bytes_at_hand_are_those_under_the_key_or_nothing(tmp_path: Path) -> None:
    store = BlobStore(tmp_path.as_uri())
    store.put("renditions/ab/cd.webp", b"picture")
    # Whether the system has a file in memory is the system's business: None sends the caller to `get`.
    assert store.at_hand("renditions/ab/cd.webp") in (b"picture", None)
    assert store.at_hand("renditions/ab/ef.webp") is None
    assert BlobStore("memory:///").at_hand("renditions/ab/cd.webp") is None
