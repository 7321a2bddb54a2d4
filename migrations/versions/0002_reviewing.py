"""Rounds that reveal, show cells again and set traps"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHANGED = {
    "presentation": "presentation in ('blind', 'sighted', 'reveal')",
    "blind_is_shuffled": "not (presentation in ('blind', 'reveal') and \"order\" = 'import')",
}
NEW = {
    "repeat_share": "repeat_share between 0 and 0.5",
    "trap_share": "trap_share between 0 and 0.5",
    "traps_are_sighted": "trap_share = 0 or presentation = 'sighted'",
}


def upgrade() -> None:
    # A check can't be changed in SQLite: there the table, a row a round, is made anew.
    with op.batch_alter_table("round") as table:
        for name in ("repeat_share", "trap_share"):
            table.add_column(sa.Column(name, sa.Double(), nullable=False, server_default=sa.text("0")))
        for name in CHANGED:
            table.drop_constraint(f"ck_round_{name}", type_="check")
        for name, words in (CHANGED | NEW).items():
            table.create_check_constraint(f"ck_round_{name}", words)
    # Both databases add a column that may be null without touching the rows.
    op.execute(
        "alter table assignment add column transform smallint "
        "constraint ck_assignment_transform check (transform between 1 and 7)"
    )
