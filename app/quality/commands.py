"""``cytoreview suspicion``."""

import json
import sys
from contextlib import closing
from typing import Annotated

import typer

from app.catalogue import queries as catalogue
from app.catalogue.commands import progress_of
from app.catalogue.errors import UnknownDataset
from app.catalogue.service import SUSPICION
from app.database import Database
from app.jobs.service import note_done
from app.quality.tasks import rank_apart
from app.settings import load_settings


def register(app: typer.Typer) -> None:
    """Put this room's commands into the command line."""
    app.command("suspicion")(suspicion)


def suspicion(
    dataset: Annotated[str, typer.Option(help="The dataset's name or short name.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")] = False,
) -> None:
    """Rank a dataset's cells by how likely their given label is wrong. The server does it by itself."""
    with closing(Database(load_settings().database)) as database:
        database.ready()
        with database.reading() as session:
            target = catalogue.find_dataset(session, dataset) or catalogue.dataset_called(session, dataset)
        if target is None:
            raise UnknownDataset
        with progress_of("Ranking", shown=not as_json) as on_progress:
            report = rank_apart(database, target.id, on_progress)
        with database.writing() as session:
            note_done(session, SUSPICION, target.slug, {"dataset": target.id}, report)
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
        return
    speaking = ", ".join(f"{source} of {cells:,}" for source, cells in report["sources"].items())
    typer.echo(f"{report['cells']:,} cells, {report['ranked']:,} ranked by {speaking}; {report['changed']:,} changed")
