"""The command line: each room's commands, and one way for all of them to fail."""

import json
import logging
import sys
from functools import cache
from typing import Annotated, Any

import typer

from app import log
from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.audit import service as audit
from app.database import Database
from app.errors import CytoreviewError, Unavailable
from app.settings import Settings, load_settings

app = typer.Typer(
    name="cytoreview",
    help="Confirm or correct the class of single-cell blood images, settle disagreements, publish the consensus.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
users = typer.Typer(help="People and their roles.", no_args_is_help=True)
tokens = typer.Typer(help="Personal API tokens.", no_args_is_help=True)
consensus = typer.Typer(help="The derived consensus.", no_args_is_help=True)
app.add_typer(users, name="users")
app.add_typer(tokens, name="tokens")
app.add_typer(consensus, name="consensus")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def opened(settings: Settings) -> Database:
    """The database, with its schema as this code needs it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    database.ready()
    return database


def answer(document: dict[str, Any], as_json: bool, words: str) -> None:
    """What a command prints: a document for scripts, or words."""
    sys.stdout.write((json.dumps(document) if as_json else words) + "\n")


@app.command()
def serve(
    insecure_http: Annotated[
        bool, typer.Option("--insecure-http", help="Allow other machines to connect without TLS in front.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Server processes; SQLite has one.")] = 1,
) -> None:
    """Serve pages and the REST API."""
    from app.serving import serve as run

    settings = load_settings()
    if workers != 1:
        raise Unavailable(
            "One server process is what SQLite allows, and what this version runs on PostgreSQL too: leave --workers "
            "at 1 and start further servers behind a proxy.",
            "workers",
        )
    run(settings, insecure_http)


@app.command()
def migrate() -> None:
    """Create or upgrade the schema (PostgreSQL; SQLite does it by itself)."""
    settings = load_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    before = database.revision()
    database.upgrade()
    sys.stdout.write(f"Schema {before or 'none'} → {database.revision()}\n")
    database.close()


@users.command("create")
def create_user(
    name: str,
    role: Annotated[str, typer.Option(help="reviewer, adjudicator or admin.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from a line.")] = False,
    as_json: Json = False,
) -> None:
    """Make an account; without a password it prints a link by which the person chooses one."""
    settings = load_settings()
    database = opened(settings)
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with database.writing() as session:
        user = account_service.create_user(session, name, role, password)
        person = accounts.person_by_name(session, name)
        secret = None if password else account_service.issue_link(session, "invite", user)
        audit.record(session, None, "user.create", person.pid, {"name": person.name, "role": person.role})
    database.close()
    address = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    link = secret and f"{address}/setup/{secret}"
    document: dict[str, Any] = {"id": person.pid, "name": person.name, "role": person.role}
    if link:
        document["link"] = link
    answer(document, as_json, f"{person.name} ({person.role})" + (f": {link}" if link else ""))


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="The person's sign-in name.")],
    days: Annotated[int, typer.Option(min=1, max=730, help="Days until it expires.")] = 90,
    as_json: Json = False,
) -> None:
    """Make a personal API token; it is shown once."""
    database = opened(load_settings())
    with database.writing() as session:
        person = accounts.person_by_name(session, name)
        made = account_service.create_token(session, person.id, "command line", days)
        audit.record(session, None, "token.create", made.pid, {"name": person.name, "days": days})
    database.close()
    answer({"token": made.secret}, as_json, made.secret)


@consensus.command()
def rebuild(
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None, as_json: Json = False
) -> None:
    """Derive every consensus row anew from the reviews; the digest tells whether two databases agree."""
    from app.review.tasks import rebuild as rebuild_rows

    database = opened(load_settings())
    report = rebuild_rows(database, dataset)
    database.close()
    answer(report, as_json, f"{report['cells']:,} cells, {report['changed']:,} changed, digest {report['digest']}")


@consensus.command()
def refit(
    dataset: Annotated[str, typer.Option(help="The dataset's name, or its short name as in its address.")],
    prior: Annotated[
        float, typer.Option(min=0.001, max=1000, help="Pseudo-answers of each rater for each true class.")
    ] = 5.0,
    as_json: Json = False,
) -> None:
    """Fit a dataset's raters to all votes by now, and recount every cell by that."""
    from app.review.refitting import dataset_named
    from app.review.tasks import refit as refit_dataset

    database = opened(load_settings())
    with database.reading() as session:
        found = dataset_named(session, dataset)
    report = refit_dataset(database, found.id, prior)
    database.close()
    state = "converged" if report["converged"] else "not converged"
    answer(
        report,
        as_json,
        f"{report['votes']:,} votes of {report['raters']:,} raters on {report['fitted_cells']:,} cells, "
        f"{report['iterations']:,} iterations, {state}; {report['changed']:,} of {report['cells']:,} cells changed",
    )


@cache
def complete() -> typer.Typer:
    """The command line with the commands of every room, which are loaded only when a command is run."""
    from app.catalogue import commands as catalogue_commands
    from app.consensus import commands as consensus_commands
    from app.demo import commands as demo_commands
    from app.quality import commands as quality_commands
    from app.releases import commands as release_commands

    for room in (catalogue_commands, quality_commands, release_commands, demo_commands):
        room.register(app)
    consensus_commands.register(app, consensus)
    return app


def main() -> None:
    """Run a command; an error of ours is one line on standard error and exit code 1, wrong use is 2."""
    # What a command prints is its answer; what its parts log is not, and goes where errors go.
    log.configure(level=logging.WARNING)
    try:
        complete()()
    except Unavailable as error:
        fail(error, 2)
    except CytoreviewError as error:
        fail(error, 1)


def fail(error: CytoreviewError, code: int) -> None:
    """Say what is wrong and how to mend it."""
    sys.stderr.write(f"{error.message}\n")
    raise SystemExit(code)
