"""What labels are held to be: fits and posteriors, predictions, suspicion, and rounds that look for errors"""

import base64
import os
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROUND_CHECKS = {
    "order": "\"order\" in ('shuffled', 'import', 'suspicion')",
    "audit_share": "audit_share between 0 and 0.5",
    "target_probability": "target_probability > 0.5 and target_probability < 1",
    "suggestions": "suggestions in ('none', 'predictions')",
    "audits_are_ranked": "audit_share = 0 or \"order\" = 'suspicion'",
}


def upgrade() -> None:
    datasets_and_rounds()
    fits()
    predictions()
    suspicion()
    near_duplicates()
    disputes()


def datasets_and_rounds() -> None:
    # A check can't be changed in SQLite: there the tables, a row a dataset and a row a round, are made anew.
    with op.batch_alter_table("dataset") as table:
        table.add_column(sa.Column("given_votes", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("refit_after", sa.Integer(), nullable=False, server_default=sa.text("500")))
        table.drop_constraint("ck_dataset_rule", type_="check")
        table.create_check_constraint("ck_dataset_rule", "rule in ('majority', 'unanimous', 'dawid-skene')")
        table.create_check_constraint("ck_dataset_refit_after", "refit_after >= 1")
    with op.batch_alter_table("round") as table:
        table.add_column(sa.Column("audit_share", sa.Double(), nullable=False, server_default=sa.text("0")))
        table.add_column(sa.Column("target_probability", sa.Double()))
        table.add_column(sa.Column("suggestions", sa.String(11), nullable=False, server_default="none"))
        table.drop_constraint("ck_round_order", type_="check")
        for name, words in ROUND_CHECKS.items():
            table.create_check_constraint(f"ck_round_{name}", words)
    op.add_column("round_cell", sa.Column("rank", sa.Integer()))
    op.add_column("round_cell", sa.Column("audit", sa.Boolean(), nullable=False, server_default=sa.false()))


def fits() -> None:
    op.create_table(
        "consensus_fit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(12), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("raters", sa.JSON(), nullable=False),
        sa.Column("classes", sa.Integer(), nullable=False),
        sa.Column("arrays", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("through_review", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("iterations", sa.Integer(), nullable=False),
        sa.Column("converged", sa.Boolean(), nullable=False),
        sa.Column("log_likelihood", sa.Double()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_consensus_fit_dataset"),
        sa.PrimaryKeyConstraint("id", name="pk_consensus_fit"),
    )
    op.create_index("ix_consensus_fit_dataset_id", "consensus_fit", ["dataset", "id"])
    op.create_table(
        "posterior",
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fit", sa.Integer(), nullable=False),
        sa.Column("values", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_posterior_cell"),
        sa.ForeignKeyConstraint(["fit"], ["consensus_fit.id"], name="fk_posterior_fit"),
        sa.PrimaryKeyConstraint("cell", name="pk_posterior"),
    )
    # Both databases add a column that may be null without touching the rows.
    for name, type_ in (("fit", sa.Integer()), ("predicted_label", sa.Integer()), ("suspicion", sa.Double())):
        op.add_column("cell", sa.Column(name, type_))
    op.create_index("ix_cell_dataset_predicted_label_id", "cell", ["dataset", "predicted_label", "id"])
    op.create_index("ix_cell_dataset_suspicion_id", "cell", ["dataset", "suspicion", "id"])
    op.create_index("ix_cell_dataset_given_label_suspicion_id", "cell", ["dataset", "given_label", "suspicion", "id"])


def predictions() -> None:
    op.create_table(
        "prediction_model",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_prediction_model_dataset"),
        sa.PrimaryKeyConstraint("id", name="pk_prediction_model"),
        sa.UniqueConstraint("dataset", "name", "version", name="uq_prediction_model_dataset_name_version"),
    )
    op.create_table(
        "prediction",
        sa.Column("model", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.Integer(), nullable=False),
        sa.Column("probabilities", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_prediction_cell"),
        sa.ForeignKeyConstraint(["model"], ["prediction_model.id"], name="fk_prediction_model"),
        sa.PrimaryKeyConstraint("model", "cell", name="pk_prediction"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_prediction_cell", "prediction", ["cell"])


def suspicion() -> None:
    op.create_table(
        "cell_suspicion",
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("votes", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(11), nullable=False),
        sa.Column("suggested", sa.Integer()),
        sa.Column("said", sa.Double()),
        sa.Column("of", sa.Double()),
        sa.Column("probability", sa.Double()),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_cell_suspicion_cell"),
        sa.PrimaryKeyConstraint("cell", "votes", name="pk_cell_suspicion"),
        sa.CheckConstraint("source in ('votes', 'predictions', 'looks')", name="ck_cell_suspicion_source"),
        sa.CheckConstraint("votes or source <> 'votes'", name="ck_cell_suspicion_votes_are_heard"),
        sqlite_with_rowid=False,
    )


def near_duplicates() -> None:
    op.create_table(
        "cell_hash",
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        *(sa.Column(f"part{number}", sa.Integer(), nullable=False) for number in range(4)),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_cell_hash_cell"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_cell_hash_dataset"),
        sa.PrimaryKeyConstraint("cell", name="pk_cell_hash"),
    )
    for number in range(4):
        op.create_index(f"ix_cell_hash_dataset_part{number}", "cell_hash", ["dataset", f"part{number}"])
    ask_for_hashes()


DATASETS_TO_MEASURE = sa.text(
    "select id, slug from dataset where exists (select 1 from cell where cell.dataset = dataset.id) and not exists"
    " (select 1 from job where job.kind = 'features' and job.subject = dataset.slug and job.state = 'queued')"
    " order by id"
)


def ask_for_hashes() -> None:
    """Datasets imported from now on ask by themselves; one that waits to be measured does so already."""
    texts = [sa.column(name, sa.String()) for name in ("pid", "kind", "subject", "state", "message")]
    numbers = [sa.column(name, sa.Integer()) for name in ("done", "starts")]
    others: list[sa.ColumnClause[Any]] = [
        sa.column("arguments", sa.JSON()),
        sa.column("created_at", sa.DateTime(timezone=True)),
    ]
    job = sa.table("job", *texts, *numbers, *others)
    connection = op.get_bind()
    moment = datetime.now(UTC)
    if connection.dialect.name == "sqlite":
        moment = moment.replace(tzinfo=None)
    asked = [
        {
            "pid": base64.b32encode(os.urandom(10)).decode().lower(),
            "kind": "features",
            "subject": slug,
            "arguments": {"dataset": id},
            "state": "queued",
            "message": "",
            "created_at": moment,
            "done": 0,
            "starts": 0,
        }
        for id, slug in connection.execute(DATASETS_TO_MEASURE)
    ]
    if asked:
        connection.execute(sa.insert(job), asked)


def disputes() -> None:
    op.add_column("cell", sa.Column("costly", sa.Boolean(), nullable=False, server_default=sa.false()))
    waiting = sa.text("state = 'disputed' or flagged or reviewed_since or (dissent and state = 'agreed')")
    op.create_index(
        "ix_cell_waiting",
        "cell",
        ["dataset", "costly", "entropy", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
