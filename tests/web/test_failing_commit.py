"""An answer leaves after the commit: where the commit fails, nobody is told that it succeeded."""

from pathlib import Path

from sqlalchemy import func, select, text

from app.database import Database
from app.review.models import Review
from tests.factories import an_answer, in_one_go
from tests.serving import running_server, token_for

DEFERRED = (
    "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$",
    """create constraint trigger refuse_at_commit after insert on review
       deferrable initially deferred for each row execute function refuse()""",
)
SQLITE_DEFERRED = (
    "create table missing (id integer primary key)",
    "create table broken (review integer references missing (id) deferrable initially deferred)",
    "create trigger refuse_at_commit after insert on review begin insert into broken values (new.id); end",
)


def test_a_failing_commit_is_never_answered_with_success(
    database: Database, database_address: str, tmp_path: Path
) -> None:
    round_pid, _ = in_one_go(database, [["monocyte"]])
    token = token_for(database, "reviewer1")
    with running_server(tmp_path / "home", database_address) as server, server.client(token) as client:
        [item] = client.get(f"/api/v1/rounds/{round_pid}/queue").json()["items"]
        with database.writing() as session:
            for statement in SQLITE_DEFERRED if database.is_sqlite else DEFERRED:
                session.execute(text(statement))
        answer = client.post("/api/v1/reviews", json={"reviews": [an_answer(item["assignment_id"], "monocyte")]})
        assert answer.status_code >= 500
        assert "Nothing was recorded" in answer.json()["detail"]
        with database.writing() as session:
            dropped = "drop trigger refuse_at_commit" + ("" if database.is_sqlite else " on review")
            session.execute(text(dropped))
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Review)) == 0
        again = client.post("/api/v1/reviews", json={"reviews": [an_answer(item["assignment_id"], "monocyte")]})
        assert [each["status"] for each in again.json()["items"]] == ["recorded"]
