"""Nearly the same pictures have nearly the same hash, however they lie; others don't."""

import io
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.demo.drawing import draw_cell
from app.images.hashes import NEAR, PARTS, Hash, differing, joined, laid, parted
from app.images.perceptual import perceptual_hash

bits = st.integers(0, 2**64 - 1)


def hash_of(picture: Image.Image) -> Hash:
    whole = picture.convert("RGB")
    return perceptual_hash(whole.width, whole.height, whole.tobytes())


def saved(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


PICTURES = [
    Image.fromarray(draw_cell(label, np.random.default_rng(seed)))
    for label in ("neutrophil_segmented", "lymphocyte", "monocyte", "basophil", "myeloblast")
    for seed in range(5)
]


@pytest.mark.parametrize("quality", [95, 75, 50])
def test_a_picture_that_was_saved_with_loss_keeps_its_hash_nearly(quality: int) -> None:
    for picture in PICTURES:
        assert differing(hash_of(picture), hash_of(saved(picture, quality))) <= NEAR


def test_a_picture_that_was_resized_or_brightened_keeps_its_hash_nearly() -> None:
    for picture in PICTURES:
        small = picture.resize((260, 260), Image.Resampling.LANCZOS)
        bright = picture.point(lambda value: min(255, round(value * 1.05)))
        assert differing(hash_of(picture), hash_of(small)) <= NEAR
        assert differing(hash_of(picture), hash_of(bright)) <= NEAR


def test_other_pictures_differ_in_more_bits_however_they_lie() -> None:
    hashes = [hash_of(picture) for picture in PICTURES]
    for one, other in combinations(hashes, 2):
        assert min(differing(way, other) for way in laid(one)) > NEAR


@pytest.mark.parametrize("way", list(Image.Transpose))
def test_a_turned_or_mirrored_picture_is_one_of_the_ways_that_its_hash_knows(way: Image.Transpose) -> None:
    for picture in PICTURES:
        turned = hash_of(picture.transpose(way))
        assert min(differing(known, turned) for known in laid(hash_of(picture))) <= 1
        assert differing(hash_of(picture), turned) > NEAR


def test_a_flat_picture_has_no_bits_by_chance() -> None:
    assert hash_of(Image.new("RGB", (40, 30), (200, 100, 50))) == (0, 0, 0, 0)


@given(bits, bits)
def test_hashes_that_differ_in_three_bits_or_fewer_share_a_part(one: int, noise: int) -> None:
    flipped = one
    for place in (noise % 64, noise // 64 % 64, noise // 4096 % 64):
        flipped ^= 1 << place
    assert differing(parted(one), parted(flipped)) == (one ^ flipped).bit_count() <= NEAR
    assert any(parted(one)[at] == parted(flipped)[at] for at in range(PARTS))


@given(bits)
def test_the_ways_to_lay_a_picture_lead_back_to_each_other(one: int) -> None:
    ways = laid(parted(one))
    assert joined(ways[0]) == one
    assert all(set(laid(way)) == set(ways) for way in ways)
