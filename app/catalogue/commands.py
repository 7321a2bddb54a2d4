"""``cytoreview import``, ``cytoreview features`` and ``cytoreview predictions load``."""

import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from app.catalogue import predictions, queries
from app.catalogue.errors import MapRefused, PredictionsRefused, UnknownDataset
from app.catalogue.importing import Progress, Report, import_files
from app.catalogue.labelling import LabelMap, read_map
from app.catalogue.origins import open_origin
from app.catalogue.predictionfile import is_json_lines
from app.catalogue.service import find_or_make_dataset, label_set_named
from app.database import Database, Writing, now
from app.jobs.apart import run_apart
from app.labels import queries as labels
from app.labels.labelset import LabelSet, load_toml
from app.labels.service import store_label_set
from app.settings import load_settings

SHOWN_REFUSALS = 20


def register(app: typer.Typer) -> None:
    """Put this room's commands into the command line."""
    app.command("import")(import_)
    app.command("features")(features)
    of_models = typer.Typer(help="What models say of cells.", no_args_is_help=True)
    of_models.command("load")(load_predictions)
    app.add_typer(of_models, name="predictions")


def import_(
    path: Annotated[Path, typer.Argument(help="A folder (one folder a class), a ZIP, or a manifest (CSV or JSONL).")],
    dataset: Annotated[str, typer.Option(help="Name of the dataset; it is made where there is none.")],
    label_set: Annotated[
        str | None, typer.Option(help="Label set of a new dataset: its name, or a TOML file.", show_default="mll23")
    ] = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="CSV with the columns folder, label and, if needed, prefix.")
    ] = None,
    scale: Annotated[float | None, typer.Option(min=0.001, max=10_000, help="Pixels per micrometre.")] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the files into the blob store.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")] = False,
) -> None:
    """Take pictures and their given labels into a dataset. Running it again adds only what is new."""
    settings = load_settings()
    database = Database(settings.database)
    database.ready()
    # What is loaded by now stays until the end: looking through it again and again would stretch transactions.
    gc.freeze()
    origin = open_origin(path, copy)
    with database.writing() as session:
        wanted = named_label_set(session, label_set) if label_set else None
        target, _ = find_or_make_dataset(session, dataset, wanted, scale)
        classes = labels.label_set(session, target.label_set)
        # Read before the dataset is kept: a mistake in the map leaves nothing behind.
        label_map = load_map(map_, classes) if map_ else LabelMap()
    with progress_bar(shown=not as_json) as on_progress:
        report = import_files(
            database,
            origin,
            target,
            classes,
            label_map=label_map,
            blobs_url=settings.blobs,
            on_progress=on_progress,
        )
    database.close()
    kept = keep_report(settings.home, target.slug, report)
    if as_json:
        sys.stdout.write(json.dumps(report.as_json(), ensure_ascii=False) + "\n")
    else:
        show(report, target.slug, kept)


def features(
    dataset: Annotated[str, typer.Option(help="The dataset's short name.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")] = False,
) -> None:
    """Measure the cells of a dataset that aren't measured yet, for look-alikes. The server does it by itself."""
    settings = load_settings()
    database = Database(settings.database)
    database.ready()
    with database.reading() as session:
        target = queries.dataset(session, dataset)
    order = {
        "database": database.url.render_as_string(hide_password=False),
        "blobs": settings.blobs,
        "dataset": target.id,
    }
    with progress_of("Measuring", shown=not as_json) as on_progress:
        report = run_apart("app.catalogue.measuring", order, on_progress)
    database.close()
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        typer.echo(
            f"{report['cells']:,} cells, {report['measured']:,} measured now, "
            f"{report['left_out']:,} left out because their files can't be read"
        )


def load_predictions(
    file: Annotated[Path, typer.Argument(help="NDJSON (.ndjson, .jsonl) or CSV (.csv, .tsv).", dir_okay=False)],
    dataset: Annotated[str, typer.Option(help="The dataset's name or short name.")],
    model: Annotated[str, typer.Option(help="What the model is called.")],
    version: Annotated[str, typer.Option(help="Which one of that name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")] = False,
) -> None:
    """Load what a model says of a dataset's cells: all of the file or, where a number in it is none, nothing."""
    settings = load_settings()
    json_lines = is_json_lines(file.name)
    with closing(Database(settings.database)) as database:
        database.ready()
        with database.reading() as session:
            target = queries.find_dataset(session, dataset) or queries.dataset_called(session, dataset)
            if target is None:
                raise UnknownDataset
            try:
                prepared = predictions.prepare(session, target, file, json_lines, model, version)
            except OSError as error:
                raise PredictionsRefused(f"{file} can't be read ({error.strerror}).", "file") from error
        with database.writing() as session:
            report = predictions.load(session, target, prepared, None)
    if as_json:
        sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) + "\n")
        return
    typer.echo(f"{report.rows:,} rows, {report.cells:,} cells with a prediction")
    for what, rows, names in (
        ("cell", report.rows_of_unknown_cells, report.unknown_cells),
        ("class", report.rows_of_unknown_classes, report.unknown_classes),
    ):
        if names:
            typer.echo(f"Skipped: {rows:,} rows about a {what} that the dataset doesn't have")
        for name in names[:SHOWN_REFUSALS]:
            nearest = report.nearest.get(name) if what == "class" else None
            typer.echo(f"  {name}" + (f" (nearest: {nearest})" if nearest else ""))
        if len(names) > SHOWN_REFUSALS:
            typer.echo(f"  and more; --json lists up to {predictions.MOST_LISTED:,}")


def named_label_set(session: Writing, name: str) -> LabelSet:
    """A label set by its name, or by the TOML file that it is in."""
    if name.lower().endswith(".toml"):
        label_set = load_toml(Path(name))
        store_label_set(session, label_set)
        return label_set
    return label_set_named(session, name)[1]


def load_map(path: Path, label_set: LabelSet) -> LabelMap:
    """The map in a file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MapRefused(f"{path}: the map can't be read ({error.strerror}).", "map") from error
    return read_map(data, label_set)


def keep_report(home: Path, slug: str, report: Report) -> Path:
    """The report as a file: the screen shows the beginning of its lists, here they are whole."""
    folder = home / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"import-{slug}-{now():%Y%m%d-%H%M%S-%f}.json"
    path.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


@contextmanager
def progress_bar(shown: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar on standard error: files, MB/s, time left."""
    if not shown:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns: tuple[Any, ...] = (
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files  {task.fields[rate]:>5.0f} MB/s "),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("import", total=None, rate=0.0)

        def tell(progress: Progress) -> None:
            seconds = bar.tasks[0].elapsed or 0.0
            rate = progress.bytes_read / seconds / 1e6 if seconds else 0.0
            bar.update(task, completed=progress.files, total=progress.files_total, rate=rate)

        yield tell


@contextmanager
def progress_of(words: str, shown: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error: how many of how many, time left."""
    if not shown:
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True)) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show(report: Report, slug: str, kept: Path) -> None:
    """The report for a person who reads the terminal."""
    echo = typer.echo
    echo(
        f"{report.files:,} files: {report.occurrences_new:,} new, {report.unchanged:,} unchanged, "
        f"{report.updated:,} with another label or attributes, {len(report.refused):,} refused; "
        f"{report.seconds:,.1f} s"
    )
    echo(
        f"Dataset {slug}: {report.cells_total:,} cells, {report.cells_new:,} of them new, "
        f"{report.born_disputed:,} born disputed"
    )
    if report.ignored:
        echo(f"Ignored: {report.ignored:,} files that aren't called like pictures")
    for what, count in report.normalised.items():
        echo(f"Normalised: {what}: {count:,}")
    for unknown in report.unknown_classes:
        hint = f" (nearest: {unknown['nearest']})" if unknown["nearest"] else ""
        echo(f"No class: {unknown['folder']}: {unknown['files']:,} files without a given label{hint}")
    for refused in report.refused[:SHOWN_REFUSALS]:
        echo(f"Refused: {refused['path']}: {refused['reason']}")
    if len(report.refused) > SHOWN_REFUSALS:
        echo(f"Refused: {len(report.refused) - SHOWN_REFUSALS:,} more")
    echo(f"Report: {kept}")
