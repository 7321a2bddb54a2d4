"""The parts of the bench work together: a small corpus, a server, a load on it; no time is asserted."""

from itertools import islice
from pathlib import Path

import pytest

from app.images.decode import decode
from app.images.errors import PictureRefused
from bench import answering, corpus, decoding, quality
from bench.load import BadAnswer, Order, loaded, request
from bench.processes import answer, imported, serving
from bench.stage import CLIENTS, staged


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of a few pictures a class."""
    folder = tmp_path_factory.mktemp("corpus")
    corpus.draw(folder, 0.003)
    return folder


def test_a_corpus_has_every_class_contradictions_and_broken_files(pictures: Path) -> None:
    files = sorted(pictures.rglob("*.TIF"))
    digests: dict[bytes, set[str]] = {}
    refused = 0
    for file in files:
        try:
            digests.setdefault(decode(file.read_bytes()).pixel_sha256, set()).add(file.parent.name)
        except PictureRefused:
            refused += 1
    assert {file.parent.name for file in files} == set(corpus.counts(1.0))
    assert any(len(classes) == 2 for classes in digests.values())
    assert refused == corpus.BROKEN - corpus.BROKEN // 5
    assert sum(decoding.take(str(file)) for file in files) == len(files) - refused


def test_the_same_scale_gives_the_same_bytes(pictures: Path, tmp_path: Path) -> None:
    corpus.draw(tmp_path, 0.003)
    for file in islice(sorted(pictures.rglob("*.TIF")), 0, None, 7):
        assert (tmp_path / file.relative_to(pictures)).read_bytes() == file.read_bytes()


def test_a_load_on_the_product_and_on_its_floor_is_answered(pictures: Path, tmp_path: Path) -> None:
    home, bare = tmp_path / "home", tmp_path / "bare"
    _, report = imported(home, pictures)
    bare.mkdir()
    (bare / "picture").write_bytes(b"RIFF....WEBP")
    with staged(home, report["cells_total"]) as stage, serving(bare, "-m", "bench.bare", str(bare)) as floor:
        posts = [one.posts(2, 3) for one in stage.reviewers]
        outcome = loaded(Order(stage.server.port, posts, answering.RECORDED, 3))
        assert len(outcome.latencies) == 2 * CLIENTS
        assert len(loaded(answering.bare_inserts(floor, 2, 3)).latencies) == 6
        assert answer(floor.port, "GET", "/picture") == (200, b"RIFF....WEBP")
        # What a server refuses is no measurement.
        with pytest.raises(BadAnswer):
            loaded(Order(stage.server.port, [[request("GET", "/api/v1/rounds")]]))


def test_the_quality_page_is_measured_over_reviews_that_are_written_as_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "SERVERS", 1)
    monkeypatch.setattr(quality, "RUNS", 2)
    first, after_a_review, again = quality.quality_page(tmp_path, 300)
    assert [len(each.values) for each in (first, after_a_review, again)] == [1, 2, 2]
    assert after_a_review.target is not None
