"""Running the server: checks before it starts, the words it prints, and its log."""

import gc
import socket
import sys
from collections.abc import Callable

import uvicorn

from app import log
from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.database import Database
from app.errors import Invalid
from app.images.store import BlobStore
from app.main import create_application
from app.settings import Settings

TURN = 0.0005
"""Seconds after which a thread that computes lets others in. A thread that has written to the disk, or to a socket,
waits for its turn before it can go on: Python's own 5 ms cost eight writers a tenth of their speed, and on a busy
machine a third."""

GARBAGE = 20_000
"""New objects after which the server looks for garbage: each time it does it holds up everybody."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check_place(settings: Settings, insecure_http: bool) -> None:
    """Off loopback, passwords and cookies need TLS in front."""
    behind_tls = settings.public_url.startswith("https://")
    if settings.host not in LOOPBACK and not behind_tls and not insecure_http:
        raise Invalid(
            f"{settings.host} can be reached from other machines, and passwords would travel in the clear. Put TLS in "
            "front and set CYTOREVIEW_PUBLIC_URL to its https:// address, or say --insecure-http.",
            "CYTOREVIEW_HOST",
        )


def serve(
    settings: Settings, insecure_http: bool = False, announce: Callable[[Database, str], None] | None = None
) -> None:
    """Serve until a signal ends it. ``announce`` is called with the address once the port is taken."""
    check_place(settings, insecure_http)
    log.configure(settings.log_format)
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    database.ready()
    listener = listening(settings)
    port = listener.getsockname()[1]
    address = settings.public_url.rstrip("/") or f"http://{settings.host}:{port}"
    (announce or announce_set_up)(database, address)
    application = create_application(settings, database, BlobStore(settings.blobs))
    # What was loaded by now stays: collections that walk it would hold up recording for tens of milliseconds.
    gc.freeze()
    gc.set_threshold(GARBAGE)
    sys.setswitchinterval(TURN)
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=10,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        database.close()


def listening(settings: Settings) -> socket.socket:
    """The port, taken before anything is announced; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise Invalid(
            f"Port {settings.port} on {settings.host} can't be used ({error.strerror}): set CYTOREVIEW_PORT to "
            "another, or end what uses it.",
            "CYTOREVIEW_PORT",
        ) from error
    return listener


def announce_set_up(database: Database, address: str) -> None:
    """Say where it is; at the first start also the link by which the first admin is made."""
    say(f"cytoreview is at {address}")
    with database.reading() as session:
        if accounts.any_user(session):
            return
    with database.writing() as session:
        secret = account_service.issue_link(session, "setup", None, account_service.SETUP_HOURS)
    say("Nobody has an account yet. Make the first one, an admin's, by this link; it works once, for a day:")
    say(f"  {address}/setup/{secret}")


def say(words: str) -> None:
    """A line for the person who started it."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
