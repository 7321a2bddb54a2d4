"""However a file is damaged, the worst that comes of it is a refusal, quickly and in little memory."""

import resource
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.images.decode import Picture, decode
from app.images.errors import PictureRefused
from tests.images.test_refusals import FILES, claims

PATIENT = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

BYTES = st.sampled_from([0, 1, 2, 3, 4, 8, 16, 0x7F, 0x80, 0xFE, 0xFF]) | st.integers(0, 255)
CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), BYTES), min_size=1, max_size=12)


def outcome(data: bytes) -> Picture | PictureRefused:
    try:
        picture = decode(data)
    except PictureRefused as error:
        return error
    assert len(picture.rgb) == 3 * picture.width * picture.height
    return picture


@pytest.mark.parametrize("name", FILES)
def test_changed_bytes_never_do_more_than_refuse(name: str) -> None:
    original = FILES[name]

    @PATIENT
    @given(CHANGES)
    def change(changes: list[tuple[float, int]]) -> None:
        data = bytearray(original)
        for place, value in changes:
            # Headers are short and pixels long, so places are drawn more densely towards either end.
            folded = abs(2 * place - 1) ** 3
            at = int((folded if place < 0.5 else 1 - folded) * (len(data) - 1))
            data[at] = value
        outcome(bytes(data))

    change()


@PATIENT
@given(st.sampled_from(sorted(FILES)), st.data())
def test_parts_taken_out_or_put_in_never_do_more_than_refuse(name: str, draw: st.DataObject) -> None:
    data = FILES[name]
    start = draw.draw(st.integers(0, len(data)))
    end = draw.draw(st.integers(start, min(len(data), start + 64)))
    outcome(data[:start] + draw.draw(st.binary(max_size=64)) + data[end:])


@PATIENT
@given(
    st.sampled_from([b"II\x2a\x00", b"MM\x00\x2a", b"II\x2b\x00", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM"]),
    st.binary(max_size=300),
)
def test_noise_behind_a_right_beginning_never_does_more_than_be_refused(magic: bytes, noise: bytes) -> None:
    outcome(magic + noise)


def test_a_small_file_that_claims_to_be_large_costs_no_memory() -> None:
    """In a process of its own, because what a process once had is never given back to its peak."""
    script = """
import sys
from app.images.decode import decode
from app.images.errors import PictureRefused
from tests.images.test_refusals import claims
for side in (8_001, 16_000, 60_000):
    for data in claims(side, side).values():
        try:
            decode(data)
        except PictureRefused:
            continue
        sys.exit(1)
"""
    # The address space, not a figure read afterwards: an allocation that isn't touched would not be seen.
    limit = 1536 * 1024 * 1024
    code = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n{script}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_refusing_large_claims_leaves_the_peak_where_it_was() -> None:
    files = [data for side in (8_001, 60_000) for data in claims(side, side).values()]
    for data in files:
        outcome(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in files * 10:
        outcome(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 * 1024
