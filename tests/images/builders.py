"""Pictures written from scratch, so that what goes in is known to the bit and no library has a say in it."""

import struct
import zlib
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TYPE_CODES = {3: "H", 4: "I", 11: "f"}
Samples = NDArray[Any]


def tiff(
    samples: Samples,
    *,
    photometric: int = 2,
    order: str = "<",
    deflate: bool = False,
    planar: bool = False,
    sample_format: int | None = None,
    extra: tuple[int, ...] = (),
    bits: int | None = None,
    rows_per_strip: int | None = None,
    pages: int = 1,
    tags: Mapping[int, tuple[int, tuple[float, ...]]] | None = None,
) -> bytes:
    """A TIFF of samples shaped (height, width, channels), of `bits` bits each (default: the type's).

    `tags` holds further tags as type and values; one of them replaces what would have been written.
    """
    height, width, channels = samples.shape
    bits = bits or samples.dtype.itemsize * 8
    rows = rows_per_strip or height
    planes = [samples[..., i : i + 1] for i in range(channels)] if planar else [samples]
    strips = [packed(plane[top : top + rows], bits, order) for plane in planes for top in range(0, height, rows)]
    if deflate:
        strips = [zlib.compress(strip) for strip in strips]
    entries: dict[int, tuple[int, tuple[float, ...]]] = {
        256: (4, (width,)),
        257: (4, (height,)),
        258: (3, (bits,) * channels),
        259: (3, (8 if deflate else 1,)),
        262: (3, (photometric,)),
        277: (3, (channels,)),
        278: (4, (rows,)),
        279: (4, tuple(len(strip) for strip in strips)),
        284: (3, (2 if planar else 1,)),
    }
    if sample_format is not None:
        entries[339] = (3, (sample_format,) * channels)
    if extra:
        entries[338] = (3, extra)
    entries |= tags or {}
    body = b"".join(strips)
    starts = [8 + sum(len(strip) for strip in strips[:i]) for i in range(len(strips))]
    entries.setdefault(273, (4, tuple(starts)))
    file = bytearray(b"II\x2a\x00" if order == "<" else b"MM\x00\x2a")
    file += bytes(4) + body + bytes(len(body) % 2)
    pointer = 4
    for _ in range(pages):
        values = bytearray()
        table = bytearray()
        first_value = len(file) + 2 + 12 * len(entries) + 4
        for tag, (kind, items) in sorted(entries.items()):
            value = struct.pack(f"{order}{len(items)}{TYPE_CODES[kind]}", *items)
            if len(value) <= 4:
                field = value.ljust(4, b"\0")
            else:
                field = struct.pack(order + "I", first_value + len(values))
                values += value + bytes(len(value) % 2)
            table += struct.pack(order + "HHI", tag, kind, len(items)) + field
        struct.pack_into(order + "I", file, pointer, len(file))
        file += struct.pack(order + "H", len(entries)) + table
        pointer = len(file)
        file += bytes(4) + values
    return bytes(file)


def packed(samples: Samples, bits: int, order: str = ">") -> bytes:
    """Samples (rows, columns, channels) as bytes, each row filled up to a whole byte."""
    if bits >= 8 and bits % 8 == 0:
        return samples.astype(samples.dtype.newbyteorder(order)).tobytes()  # type: ignore[arg-type]
    rows = samples.reshape(len(samples), -1).astype(np.uint16)
    each = (rows[..., None] >> np.arange(bits - 1, -1, -1, dtype=np.uint16) & 1).astype(np.uint8)
    return np.packbits(each.reshape(len(rows), -1), axis=1).tobytes()


def png(
    samples: Samples,
    colour_type: int,
    depth: int = 8,
    *,
    palette: bytes = b"",
    transparent: bytes = b"",
    before: Iterable[bytes] = (),
    after: Iterable[bytes] = (),
    size: tuple[int, int] | None = None,
) -> bytes:
    """A PNG of samples shaped (height, width, channels); `size` is what its header claims instead."""
    height, width, _ = samples.shape
    rows = [b"\0" + packed(row[None], depth) for row in samples]
    head = struct.pack(">IIBBBBB", *(size or (width, height)), depth, colour_type, 0, 0, 0)
    chunks = [
        chunk(b"IHDR", head),
        *([chunk(b"PLTE", palette)] if palette else []),
        *([chunk(b"tRNS", transparent)] if transparent else []),
        *before,
        chunk(b"IDAT", zlib.compress(b"".join(rows))),
        *after,
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG's chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    """The file that Pillow writes."""
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def field(height: int = 6, width: int = 8, channels: int = 3, dtype: Any = np.uint8, seed: int = 1) -> Samples:
    """Samples over the whole range of an integer type, with both of its ends."""
    most = np.iinfo(dtype).max
    samples = np.random.default_rng(seed).integers(0, most, (height, width, channels), dtype, endpoint=True)
    samples[0, 0], samples[-1, -1] = 0, most
    return samples
