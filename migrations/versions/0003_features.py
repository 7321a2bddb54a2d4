"""What cells look like in numbers, and the job that finds it out for the datasets that are there"""

import base64
import os
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DATASETS_WITH_CELLS = sa.text(
    "select id, slug from dataset where exists (select 1 from cell where cell.dataset = dataset.id) order by id"
)


def upgrade() -> None:
    op.create_table(
        "feature_space",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("arrays", sa.LargeBinary(), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_feature_space_dataset"),
        sa.PrimaryKeyConstraint("id", name="pk_feature_space"),
    )
    op.create_index("ix_feature_space_dataset", "feature_space", ["dataset"], unique=False)

    op.create_table(
        "cell_feature",
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_cell_feature_cell"),
        sa.PrimaryKeyConstraint("cell", name="pk_cell_feature"),
    )
    op.create_table(
        "cell_signature",
        sa.Column("space", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("signature", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_cell_signature_cell"),
        sa.ForeignKeyConstraint(["space"], ["feature_space.id"], name="fk_cell_signature_space"),
        sa.PrimaryKeyConstraint("space", "bucket", "cell", name="pk_cell_signature"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cell_signature_cell", "cell_signature", ["cell"], unique=False)
    ask_for_features()


def ask_for_features() -> None:
    """Datasets imported from now on ask by themselves."""
    job = sa.table(
        "job",
        sa.column("pid", sa.String(16)),
        sa.column("kind", sa.String(40)),
        sa.column("subject", sa.String(200)),
        sa.column("arguments", sa.JSON()),
        sa.column("state", sa.String(10)),
        sa.column("done", sa.Integer()),
        sa.column("message", sa.String(1000)),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("starts", sa.Integer()),
    )
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
            "done": 0,
            "message": "",
            "created_at": moment,
            "starts": 0,
        }
        for id, slug in connection.execute(DATASETS_WITH_CELLS)
    ]
    if asked:
        connection.execute(sa.insert(job), asked)
