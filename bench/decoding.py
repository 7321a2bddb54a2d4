"""The floor of an import: the same files read, hashed and decoded with Pillow in two processes, and nothing kept.

``python -m bench.decoding FOLDER`` prints the seconds that it took, from the listing of the folder to the last picture.
"""

import io
import os
import sys
import time
from hashlib import sha256
from multiprocessing import Pool
from pathlib import Path

from PIL import Image

PROCESSES = 2


def take(path: str) -> bool:
    """Read, hash and decode a file; whether it is a picture."""
    data = Path(path).read_bytes()
    sha256(data).digest()
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.convert("RGB").tobytes()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True


def pictures(folder: str) -> list[str]:
    """The files that are called like pictures."""
    return [
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in sorted(names)
        if name.lower().endswith((".tif", ".tiff", ".png", ".jpg", ".bmp", ".webp"))
    ]


def main() -> None:
    begun = time.perf_counter()
    paths = pictures(sys.argv[1])
    with Pool(PROCESSES) as pool:
        good = sum(pool.imap_unordered(take, paths, chunksize=32))
    sys.stdout.write(f"{time.perf_counter() - begun:.3f} {good}\n")


if __name__ == "__main__":
    main()
