"""A ZIP of small pictures, as a laboratory would send one."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image


def a_png(number: int) -> bytes:
    """A picture of which there is one for each number."""
    image = Image.new("RGB", (48, 48), (235, 225, 230))
    image.paste((90 + number % 100, 40, 130), (8 + number % 16, 10, 30 + number % 8, 34))
    image.putpixel((0, 0), (number % 256, number // 256, 0))
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def a_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    """These files, zipped."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
