"""The grid asks for waiting cells by the class that they show"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_assignment_pending_shown",
        "assignment",
        ["round", "reviewer", "shown_label", "position", "state"],
        unique=False,
        sqlite_where=pending,
        postgresql_where=pending,
    )
