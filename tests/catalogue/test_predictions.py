"""What models say of cells: found by any of their names, all of a file or nothing, and kept by model and version."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from struct import unpack
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine

from app import cli
from app.audit.models import Event
from app.catalogue import predictions, queries
from app.catalogue.errors import PredictionsRefused
from app.catalogue.models import Cell, Occurrence, Prediction, PredictionModel
from app.catalogue.predictions import Loaded, predictions_of
from app.database import Database, Reading, Writing
from app.jobs.models import Job
from app.labels.labelset import load_builtin
from tests.factories import a_cell, a_dataset, a_person
from tests.serving import Server, token_for

MLL23 = load_builtin("mll23")
MONOCYTE, BASOPHIL = MLL23.index("monocyte"), MLL23.index("basophil")


class Names:
    """How a file may name a cell."""

    def __init__(self, session: Reading, cell: int) -> None:
        row = session.execute(
            select(Cell.pid, Cell.pixel_sha256, Occurrence.file_sha256, Occurrence.path)
            .join(Occurrence, Occurrence.cell == Cell.id)
            .where(Cell.id == cell)
        ).one()
        self.cell_id, self.path = row.pid, row.path
        self.pixel_sha256, self.sha256 = row.pixel_sha256.hex(), row.file_sha256.hex()


@pytest.fixture
def cells(session: Writing) -> list[int]:
    dataset = a_dataset(session)
    a_person(session, "admin", "admin")
    return [a_cell(session, dataset, label) for label in ("monocyte", "basophil", "monocyte", "lymphocyte")]


@pytest.fixture
def names(session: Writing, cells: list[int]) -> list[Names]:
    return [Names(session, cell) for cell in cells]


def loaded(session: Writing, path: Path, model: str = "net", version: str = "1") -> Loaded:
    dataset = queries.dataset(session, "smears")
    prepared = predictions.prepare(session, dataset, path, path.suffix == ".ndjson", model, version)
    return predictions.load(session, dataset, prepared, None)


def lines(tmp_path: Path, *objects: Any) -> Path:
    path = tmp_path / "predictions.ndjson"
    path.write_text("\n".join(json.dumps(one) for one in objects) + "\n", encoding="utf-8")
    return path


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "predictions.csv"
    path.write_bytes(text.encode(encoding))
    return path


def said(session: Reading, cell: int) -> list[tuple[str, str, str, dict[str, float] | None]]:
    return [
        (one.model, one.version, MLL23[one.label].name, by_class(one.probabilities) if one.probabilities else None)
        for one in predictions_of(session, [cell]).get(cell, [])
    ]


def by_class(packed: bytes) -> dict[str, float]:
    values = unpack(f"<{len(MLL23)}f", packed)
    return {one.name: round(value, 3) for one, value in zip(MLL23, values, strict=True) if value}


def predicted(session: Reading, cells: Sequence[int]) -> list[int | None]:
    found = dict(session.execute(select(Cell.id, Cell.predicted_label)).all())
    return [found[cell] for cell in cells]


def test_a_cell_goes_by_its_id_its_path_and_the_digests_of_its_file_and_of_its_pixels(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names]
) -> None:
    file = lines(
        tmp_path,
        {"cell_id": names[0].cell_id, "label": "monocyte"},
        {"path": names[1].path.replace("/", "\\"), "label": "Basophil"},
        {"sha256": names[2].sha256.upper(), "probabilities": {"monocyte": 0.25, "basophil": 0.75}},
        {
            "pixel_sha256": names[3].pixel_sha256,
            "label": "monocyte",
            "probabilities": {"monocyte": 0.4, "basophil": 0.6},
        },
    )
    report = loaded(session, file)
    assert (report.rows, report.cells, report.unknown_cells, report.unknown_classes) == (4, 4, [], [])
    assert said(session, cells[0]) == [("net", "1", "monocyte", None)]
    assert said(session, cells[1]) == [("net", "1", "basophil", None)]
    assert said(session, cells[2]) == [("net", "1", "basophil", {"monocyte": 0.25, "basophil": 0.75})]
    # What a model decides may be another class than its likeliest.
    assert said(session, cells[3]) == [("net", "1", "monocyte", {"monocyte": 0.4, "basophil": 0.6})]
    assert predicted(session, cells) == [MONOCYTE, BASOPHIL, BASOPHIL, MONOCYTE]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), (";", ","), ("\t", ".")])
def test_csv_is_read_as_spreadsheets_of_several_countries_write_it(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names], encoding: str, delimiter: str, decimal: str
) -> None:
    rows = [
        ["Path", "label", "monocyte", "basophil", "scanner", "fold"],
        [names[0].path, "", f"0{decimal}9", f"0{decimal}1", "left", "1"],
        [names[1].path, "basophil", "", "", "right", "2"],
        [],
    ]
    text = "\r\n".join(map(delimiter.join, rows))
    report = loaded(session, table(tmp_path, text, encoding))
    assert (report.rows, report.cells, report.unknown_classes) == (2, 2, [])
    assert said(session, cells[0]) == [("net", "1", "monocyte", {"monocyte": 0.9, "basophil": 0.1})]
    assert said(session, cells[1]) == [("net", "1", "basophil", None)]


def test_a_csv_of_labels_alone_may_say_how_sure_they_are(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names]
) -> None:
    report = loaded(session, table(tmp_path, f"cell_id,label,confidence\n{names[0].cell_id},basophil,0.6\n"))
    assert (report.cells, report.unknown_classes) == (1, [])
    assert said(session, cells[0]) == [("net", "1", "basophil", None)]


def test_unknown_cells_and_classes_are_skipped_and_listed(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names]
) -> None:
    file = lines(
        tmp_path,
        {"cell_id": "aaaaaaaaaaaaaaaa", "label": "monocyte"},
        {"path": "nowhere/x.TIF", "label": "monocyte"},
        {"sha256": "no digest", "label": "monocyte"},
        {"cell_id": names[0].cell_id, "label": "monocytes"},
        {"cell_id": names[1].cell_id, "probabilities": {"artefact": 0.7, "basophil": 0.3}},
        {"cell_id": names[2].cell_id, "probabilities": {"artefact": 0.2, "basophil": 0.6, "monocyte": 0.2}},
    )
    report = loaded(session, file)
    assert (report.rows, report.cells) == (6, 1)
    assert report.unknown_cells == ["aaaaaaaaaaaaaaaa", "nowhere/x.TIF", "no digest"]
    assert sorted(report.unknown_classes) == ["artefact", "monocytes"]
    assert (report.rows_of_unknown_cells, report.rows_of_unknown_classes) == (3, 2)
    assert report.nearest == {"monocytes": "monocyte"}
    assert predicted(session, cells) == [None, None, BASOPHIL, None]
    assert said(session, cells[2]) == [("net", "1", "basophil", {"basophil": 0.75, "monocyte": 0.25})]


def test_a_class_of_the_csv_that_we_do_not_have_is_listed(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names]
) -> None:
    text = f"path,monocyte,basophil,artefact\n{names[0].path},0.5,0.2,0.3\n{names[1].path},0.1,0.9,0\n"
    report = loaded(session, table(tmp_path, text))
    assert (report.rows, report.cells, report.unknown_classes) == (2, 2, ["artefact"])
    assert said(session, cells[0]) == [("net", "1", "monocyte", {"monocyte": 0.714, "basophil": 0.286})]


def test_cells_of_another_dataset_are_unknown(session: Writing, tmp_path: Path, cells: list[int]) -> None:
    elsewhere = Names(session, a_cell(session, a_dataset(session, "elsewhere"), "monocyte"))
    file = lines(tmp_path, *({name: value, "label": "monocyte"} for name, value in vars(elsewhere).items()))
    report = loaded(session, file)
    assert (report.rows, report.cells, len(report.unknown_cells)) == (4, 0, 4)


GOOD = '{"cell_id": "aaaaaaaaaaaaaaaa", "label": "monocyte"}'
REFUSED = [
    ('{"cell_id": "a", "probabilities": {"monocyte": "much"}}', "probabilities.monocyte", '"much", which is no number'),
    ('{"cell_id": "a", "probabilities": {"monocyte": NaN}}', "probabilities.monocyte", "NaN, which is no number"),
    ('{"cell_id": "a", "probabilities": {"monocyte": true}}', "probabilities.monocyte", "true, which is no number"),
    ('{"cell_id": "a", "probabilities": {"monocyte": null}}', "probabilities.monocyte", "null, which is no number"),
    ('{"cell_id": "a", "probabilities": {"monocyte": -0.2, "basophil": 1.2}}', "probabilities.monocyte", "divide"),
    ('{"cell_id": "a", "probabilities": {"monocyte": 90, "basophil": 10}}', "probabilities.monocyte", "percentages"),
    ('{"cell_id": "a", "probabilities": {"monocyte": 1' + "0" * 400 + "}}", "probabilities.monocyte", "between 0 and"),
    ('{"cell_id": "a", "probabilities": {"monocyte": 0.5, "basophil": 0.4}}', "probabilities", "add up to 0.9"),
    ('{"cell_id": "a", "probabilities": {}}', "probabilities", "add up to 0,"),
    ('{"cell_id": "a", "probabilities": [0.1, 0.9]}', "probabilities", "no object"),
    ('{"cell_id": "a"}', "label", "neither a label nor a probability"),
    ('{"label": "monocyte"}', "cell_id", "names no cell"),
    ('{"cell_id": 7, "label": "monocyte"}', "cell_id", "7, not text"),
    ('{"cell_id": "a\\u0000", "label": "monocyte"}', "cell_id", "can't be stored"),
    ('{"path": "\\ud800", "label": "monocyte"}', "path", "can't be stored"),
    ('{"cell_id": "a", "label": "\\ud800"}', "label", "can't be stored"),
    ('{"cell_id": "a", "label": ["monocyte"]}', "label", "not text"),
    ("[" * 100_000, "line", "not JSON"),
    ("not JSON", "line", "not JSON"),
    ("[1]", "line", "no JSON object"),
]


@pytest.mark.parametrize(("line", "field", "words"), REFUSED)
def test_what_can_not_be_meant_refuses_the_file_with_its_line_and_field(
    session: Writing, tmp_path: Path, cells: list[int], line: str, field: str, words: str
) -> None:
    path = tmp_path / "predictions.ndjson"
    path.write_text(f"{GOOD}\n{line}\n{GOOD}\n", encoding="utf-8")
    with pytest.raises(PredictionsRefused) as refused:
        loaded(session, path)
    assert refused.value.field == field
    assert refused.value.message.startswith("Line 2")
    assert words in refused.value.message
    assert refused.value.message.endswith("Nothing was loaded.")
    assert session.scalar(select(func.count()).select_from(PredictionModel)) == 0


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ("a,,many,0.1", "monocyte", '"many", which is no number'),
        ("a,,nan,0.1", "monocyte", "NaN, which is no number"),
        ("a,,-1,2", "monocyte", "between 0 and 1"),
        ("a,,0.2,0.2", "line", "add up to 0.4"),
        ("a,,0.5,0.5,0.1", "line", "5 columns, the first line has 4"),
        ('a,"b"c,0.5,0.5', "line", "can't be read"),
        (",monocyte,,", "cell_id", "names no cell"),
    ],
)
def test_so_does_a_row_of_csv(
    session: Writing, tmp_path: Path, cells: list[int], row: str, field: str, words: str
) -> None:
    with pytest.raises(PredictionsRefused) as refused:
        loaded(session, table(tmp_path, f"cell_id,label,monocyte,basophil\na,monocyte,,\n{row}\n"))
    assert refused.value.field == field
    assert refused.value.message.startswith("Line 3")
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column"),
        (b"name,label\na,b\n", "names a cell"),
        (b"monocyte,basophil\n0.5,0.5\n", "names a cell"),
        (b"path,path,label\na,b,c\n", "two columns"),
        (b"path,label\n\xff\xfe\xfa,b\n", "neither UTF-8 nor UTF-16"),
    ],
)
def test_a_table_that_names_no_cells_or_is_no_text_is_refused(
    session: Writing, tmp_path: Path, cells: list[int], content: bytes, words: str
) -> None:
    path = tmp_path / "predictions.csv"
    path.write_bytes(content)
    with pytest.raises(PredictionsRefused, match=words):
        loaded(session, path)


def test_rounded_probabilities_are_kept_as_shares_of_their_sum(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names]
) -> None:
    rounded = {"monocyte": 0.39, "basophil": 0.59}
    loaded(session, lines(tmp_path, {"cell_id": names[0].cell_id, "probabilities": rounded}))
    assert said(session, cells[0]) == [("net", "1", "basophil", {"monocyte": 0.398, "basophil": 0.602})]


def test_loading_again_replaces_what_the_same_model_said_and_another_version_stands_beside_it(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names]
) -> None:
    loaded(session, lines(tmp_path, *({"cell_id": one.cell_id, "label": "monocyte"} for one in names[:2])))
    loaded(session, lines(tmp_path, {"cell_id": names[0].cell_id, "label": "basophil"}), version="2")
    assert predicted(session, cells) == [BASOPHIL, MONOCYTE, None, None]
    assert [(one[1], one[2]) for one in said(session, cells[0])] == [("2", "basophil"), ("1", "monocyte")]
    loaded(session, lines(tmp_path, {"cell_id": names[0].cell_id, "label": "lymphocyte"}))
    assert [(one[1], one[2]) for one in said(session, cells[0])] == [("1", "lymphocyte"), ("2", "basophil")]
    assert predicted(session, cells) == [MLL23.index("lymphocyte"), MONOCYTE, None, None]
    assert session.scalar(select(func.count()).select_from(Prediction)) == 3


def test_of_two_lines_about_one_cell_the_last_one_counts(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names]
) -> None:
    file = lines(
        tmp_path, {"cell_id": names[0].cell_id, "label": "monocyte"}, {"path": names[0].path, "label": "basophil"}
    )
    report = loaded(session, file)
    assert (report.rows, report.cells) == (2, 1)
    assert predicted(session, cells[:1]) == [BASOPHIL]


def test_suspicion_is_asked_for_once_and_the_trail_says_what_was_loaded(
    session: Writing, tmp_path: Path, names: list[Names]
) -> None:
    for version in ("1", "2"):
        loaded(session, lines(tmp_path, {"cell_id": names[0].cell_id, "label": "monocyte"}), version=version)
    assert session.execute(select(Job.kind, Job.subject)).all() == [("suspicion", "smears")]
    assert session.execute(select(Event.body).where(Event.kind == "predictions.load")).scalars().all()[0] == {
        "model": "net", "version": "1", "rows": 1, "cells": 1,
    }  # fmt: skip


def test_a_file_takes_few_statements(session: Writing, tmp_path: Path, names: list[Names]) -> None:
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    file = lines(tmp_path, *({"cell_id": one.cell_id, "label": "monocyte"} for one in names))
    event.listen(Engine, "before_cursor_execute", note)
    try:
        loaded(session, file)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) < 12


def test_over_rest_by_an_admin_as_ndjson_and_as_csv(server: Server, database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        cell = a_cell(session, a_dataset(session), "monocyte")
        name = Names(session, cell)
    address = "/api/v1/datasets/smears/predictions"
    line = json.dumps({"cell_id": name.cell_id, "probabilities": {"basophil": 1}}) + "\n"
    with server.client(token_for(database, "admin", "admin")) as client:
        as_json = {"Content-Type": "application/x-ndjson"}
        answer = client.post(address, params={"model": "net"}, content=line, headers=as_json)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "rows": 1, "cells": 1, "unknown_cells": [], "unknown_classes": [], "rows_of_unknown_cells": 0,
            "rows_of_unknown_classes": 0, "nearest": {},
        }  # fmt: skip
        text = f"path,label\n{name.path},monocyte\nnowhere.TIF,monocyte\n"
        as_csv = {"Content-Type": "text/csv; charset=utf-8"}
        answer = client.post(address, params={"model": "net", "version": "2"}, content=text, headers=as_csv)
        assert answer.json()["unknown_cells"] == ["nowhere.TIF"]
        for content, kind, params, field in (
            (line.replace("1}", "7}"), "application/x-ndjson", {"model": "net"}, "probabilities.basophil"),
            (line, "application/json", {"model": "net"}, "content-type"),
            (line, "application/x-ndjson", {}, "model"),
            (line, "application/x-ndjson", {"model": " "}, "model"),
        ):
            answer = client.post(address, params=params, content=content, headers={"Content-Type": kind})
            assert answer.status_code == 422, answer.text
            assert field in json.dumps(answer.json())
        elsewhere = client.post(
            "/api/v1/datasets/nothing/predictions", params={"model": "net"}, content=line, headers=as_json
        )
        assert elsewhere.status_code == 404
    with server.client(token_for(database, "adjudicator1", "adjudicator")) as client:
        assert client.post(address, params={"model": "net"}, content=line, headers=as_json).status_code == 403
    assert list((server.home / "uploads").iterdir()) == []
    with database.reading() as session:
        assert [(one[1], one[2]) for one in said(session, cell)] == [("2", "monocyte"), ("", "basophil")]


def test_the_command_prints_its_report(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.writing() as session:
        name = Names(session, a_cell(session, a_dataset(session), "monocyte"))
    monkeypatch.setenv("CYTOREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CYTOREVIEW_DATABASE_URL", database.url.render_as_string(hide_password=False))
    file = table(tmp_path, f"cell_id,label\n{name.cell_id},monocytes\nnobody,basophil\n")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cytoreview", "predictions", "load", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), *capsys.readouterr()

    code, out, _ = run(str(file), "--dataset", "Smears", "--model", "net", "--json")
    report = json.loads(out)
    assert (code, report["rows"], report["cells"]) == (0, 2, 0)
    assert (report["unknown_cells"], report["unknown_classes"]) == (["nobody"], ["monocytes"])
    code, out, _ = run(str(file), "--dataset", "smears", "--model", "net")
    assert "nobody" in out
    assert "monocytes (nearest: monocyte)" in out
    for arguments, words in (
        ((str(file), "--dataset", "nothing", "--model", "net"), "no such dataset"),
        ((str(tmp_path / "none.csv"), "--dataset", "smears", "--model", "net"), "can't be read"),
        ((str(tmp_path / "none.xlsx"), "--dataset", "smears", "--model", "net"), "NDJSON"),
    ):
        code, _, error = run(*arguments)
        assert code == 1
        assert words in error


def test_a_line_of_all_classes_is_read_as_any_other(
    session: Writing, tmp_path: Path, cells: list[int], names: list[Names]
) -> None:
    sure = dict.fromkeys(reversed(MLL23.names), 0.0) | {"monocyte": 0.75, "basophil": 0.25}
    other = dict.fromkeys(MLL23.names, 0.0) | {"monocyte": 0.25, "lymphocyte": 0.5, "basophil": 0.25}
    file = lines(
        tmp_path,
        *({"cell_id": one.cell_id, "probabilities": p} for one, p in zip(names, (sure, sure, other), strict=False)),
    )
    assert loaded(session, file).cells == 3
    assert said(session, cells[1]) == [("net", "1", "monocyte", {"monocyte": 0.75, "basophil": 0.25})]
    assert said(session, cells[2])[0][2:] == ("lymphocyte", {"monocyte": 0.25, "lymphocyte": 0.5, "basophil": 0.25})
    for wrong in ({"monocyte": float("nan")}, {"monocyte": 5.0}, {"monocyte": -0.5, "basophil": 1.25}):
        with pytest.raises(PredictionsRefused) as refused:
            loaded(session, lines(tmp_path, {"cell_id": names[0].cell_id, "probabilities": sure | wrong}))
        assert refused.value.field == "probabilities.monocyte"
