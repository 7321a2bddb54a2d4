"""``cytoreview demo``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app import log
from app.database import Database
from app.settings import load_settings

HOST = "127.0.0.1"


def register(app: typer.Typer) -> None:
    """Put this room's command into the command line."""
    app.command()(demo)


def demo(
    data: Annotated[
        Path | None, typer.Option(help="Import these cells (folder, ZIP or manifest) instead of drawing some.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to serve on; 0 takes a free one.")] = None,
) -> None:
    """Make a demonstration in the home folder, or what is missing of one, and serve it on this machine alone."""
    from app.demo.service import Demo, make_drawn, make_real, sign_in_links
    from app.serving import serve

    settings = load_settings()
    served = {"host": HOST, "public_url": ""} | ({} if port is None else {"port": port})
    settings = settings.model_copy(update=served)
    log.configure(settings.log_format)
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    database.ready()
    making = Demo(database, settings.home, settings.blobs, show_progress)
    if data is None:
        make_drawn(making)
    else:
        make_real(making, data)
    database.close()

    def announce(database: Database, address: str) -> None:
        say(f"cytoreview is at {address}; Ctrl+C ends it. Sign in by one of these links, each works once, for a day:")
        with database.writing() as session:
            for name, role, link in sign_in_links(session, address):
                say(f"  {name:<13}{role:<13}{link}")

    serve(settings, announce=announce)


def show_progress(words: str, done: int, total: int) -> None:
    """One line that is written over on a terminal; elsewhere only its end."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{words}: {done:,} of {total:,}" + ("\n" if done >= total else ""))
    elif done >= total:
        sys.stderr.write(f"{words}: {total:,}\n")
    sys.stderr.flush()


def say(words: str) -> None:
    """A line for the person who started it."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
