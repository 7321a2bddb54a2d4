"""The installed name of the server: it finds the house and hands over to its command line.

The rooms live in a top-level package `app`, and no other distribution's `app` may stand in for it. So the
folder that holds ours goes first on the path: `_site` inside a wheel, the repository's root in a checkout.
"""

import gc
import sys
from pathlib import Path

__all__ = ["main", "site"]


def site() -> Path:
    """The folder that holds `app`, `templates`, `static` and `migrations`."""
    here = Path(__file__).resolve().parent
    packed = here / "_site"
    return packed if packed.is_dir() else here.parent


def main() -> None:
    """Run the command line, `app.cli`, from wherever this distribution lies."""
    sys.path.insert(0, str(site()))
    # What modules load stays, and looking through it for garbage takes a third of a start.
    gc.set_threshold(500_000)
    from app.cli import main as command_line

    command_line()
