"""Comparing perceptual hashes, without what makes them (:mod:`app.images.perceptual`).

A hash is four numbers of 16 bits, a bit for each of 8 × 8 frequencies. Two hashes that differ in at most three bits
have one of the four numbers in common, since three errors can't touch all four: so near ones are found by an index.
"""

FREQUENCIES = 8
PARTS = 4
BITS_A_PART = 16
NEAR = 3
"""Bits in which nearly the same pictures differ at most."""

Hash = tuple[int, int, int, int]


def place(down: int, across: int) -> int:
    """Which bit a frequency is, by its number down and across the picture from 0.

    Neighbours, which say nearly the same, lie in different parts: 7 shares no divisor with 64, so every bit is used.
    """
    return (FREQUENCIES * down + across) * 7 % (FREQUENCIES * FREQUENCIES)


PLACES = tuple((down, across) for down in range(FREQUENCIES) for across in range(FREQUENCIES))
# The frequencies 1, 3, 5 and 7 are the numbers 0, 2, 4 and 6.
MIRRORED_ACROSS = sum(1 << place(down, across) for down, across in PLACES if across % 2 == 0)
MIRRORED_DOWN = sum(1 << place(down, across) for down, across in PLACES if down % 2 == 0)
TRANSPOSED = tuple((place(down, across), place(across, down)) for down, across in PLACES)


def laid(as_it_is: Hash) -> tuple[Hash, ...]:
    """The hashes of a picture in all eight ways to lay it, as it is first.

    Mirroring turns the sign of the odd frequencies of its direction, transposing swaps the directions, and turning is
    both: so they follow from the bits alone.
    """
    bits = joined(as_it_is)
    transposed = sum(1 << to for at, to in TRANSPOSED if bits >> at & 1)
    return tuple(
        parted(one ^ across ^ down)
        for one in (bits, transposed)
        for across in (0, MIRRORED_ACROSS)
        for down in (0, MIRRORED_DOWN)
    )


def joined(parts: Hash) -> int:
    """The 64 bits as one number."""
    return sum(part << BITS_A_PART * at for at, part in enumerate(parts))


def parted(bits: int) -> Hash:
    """The same in four parts."""
    a, b, c, d = (bits >> BITS_A_PART * at & 0xFFFF for at in range(PARTS))
    return a, b, c, d


def differing(one: Hash, other: Hash) -> int:
    """In how many bits two hashes differ."""
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
