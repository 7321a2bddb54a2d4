"""The tables of the main job"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(length=60), nullable=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('queued', 'running', 'done', 'failed')", name="ck_job_state"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("pid", name="uq_job_pid"),
    )
    op.create_index("ix_job_kind_subject_id", "job", ["kind", "subject", "id"], unique=False)
    op.create_index("ix_job_state_id", "job", ["state", "id"], unique=False)

    op.create_table(
        "label_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_label_set"),
        sa.UniqueConstraint("name", "version", name="uq_label_set_name_version"),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sign_in_attempt"),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('reviewer', 'adjudicator', 'admin')", name="ck_user_role"),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("name", name="uq_user_name"),
        sa.UniqueConstraint("pid", name="uq_user_pid"),
    )
    op.create_table(
        "dataset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("label_set", sa.Integer(), nullable=False),
        sa.Column("px_per_um", sa.Double(), nullable=True),
        sa.Column("stain", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.Column("license", sa.String(length=200), nullable=False),
        sa.Column("citation", sa.String(length=2000), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("rule", sa.String(length=12), nullable=False),
        sa.Column("rule_threshold", sa.Double(), nullable=True),
        sa.Column("releases", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("rule in ('majority', 'unanimous')", name="ck_dataset_rule"),
        sa.ForeignKeyConstraint(["label_set"], ["label_set.id"], name="fk_dataset_label_set"),
        sa.PrimaryKeyConstraint("id", name="pk_dataset"),
        sa.UniqueConstraint("pid", name="uq_dataset_pid"),
        sa.UniqueConstraint("slug", name="uq_dataset_slug"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor"], ["user.id"], name="fk_event_actor"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_actor_id", "event", ["actor", "id"], unique=False)
    op.create_index("ix_event_kind_id", "event", ["kind", "id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("user", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose in ('setup', 'invite', 'reset', 'sign-in')", name="ck_invitation_purpose"),
        sa.CheckConstraint("(purpose = 'setup') = (\"user\" is null)", name="ck_invitation_user"),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name="fk_invitation_user"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("token_sha256", name="uq_invitation_token_sha256"),
    )
    op.create_index("ix_invitation_user", "invitation", ["user"], unique=False)

    op.create_table(
        "session",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.String(length=43), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name="fk_session_user"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_session"),
    )
    op.create_index("ix_session_expires_at", "session", ["expires_at"], unique=False)
    op.create_index("ix_session_user", "session", ["user"], unique=False)

    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(length=16), nullable=False),
        sa.Column("user", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name="fk_token_user"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("pid", name="uq_token_pid"),
        sa.UniqueConstraint("token_sha256", name="uq_token_token_sha256"),
    )
    op.create_index("ix_token_user", "token", ["user"], unique=False)

    op.create_table(
        "cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(length=16), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("pixel_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("given_label", sa.Integer(), nullable=True),
        sa.Column("born_disputed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("label", sa.Integer(), nullable=True),
        sa.Column("second_label", sa.Integer(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("entropy", sa.Double(), nullable=True),
        sa.Column("dissent", sa.Boolean(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("reviewed_since", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(length=12), nullable=True),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.CheckConstraint("outcome in ('label', 'borderline', 'unusable')", name="ck_cell_outcome"),
        sa.CheckConstraint(
            "state in ('unreviewed', 'in_review', 'agreed', 'disputed', 'adjudicated')", name="ck_cell_state"
        ),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_cell_dataset"),
        sa.PrimaryKeyConstraint("id", name="pk_cell"),
        sa.UniqueConstraint(
            "dataset", "pixel_sha256", "width", "height", name="uq_cell_dataset_pixel_sha256_width_height"
        ),
        sa.UniqueConstraint("pid", name="uq_cell_pid"),
    )
    op.create_index(
        "ix_cell_dataset_entropy_id",
        "cell",
        ["dataset", "entropy", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'disputed'"),
        postgresql_where=sa.text("state = 'disputed'"),
    )
    op.create_index(
        "ix_cell_dataset_flagged_id",
        "cell",
        ["dataset", "id"],
        unique=False,
        sqlite_where=sa.text("flagged"),
        postgresql_where=sa.text("flagged"),
    )
    op.create_index("ix_cell_dataset_given_label_id", "cell", ["dataset", "given_label", "id"], unique=False)
    op.create_index("ix_cell_dataset_id", "cell", ["dataset", "id"], unique=False)
    op.create_index("ix_cell_dataset_label_id", "cell", ["dataset", "label", "id"], unique=False)
    op.create_index(
        "ix_cell_dataset_second_label_id",
        "cell",
        ["dataset", "second_label", "id"],
        unique=False,
        sqlite_where=sa.text("second_label is not null"),
        postgresql_where=sa.text("second_label is not null"),
    )
    op.create_index("ix_cell_dataset_state_id", "cell", ["dataset", "state", "id"], unique=False)
    op.create_index(
        "ix_cell_settled",
        "cell",
        ["dataset", "given_label", "label", "second_label", "outcome"],
        unique=False,
        sqlite_where=sa.text("state in ('agreed', 'adjudicated')"),
        postgresql_where=sa.text("state in ('agreed', 'adjudicated')"),
    )

    op.create_table(
        "counter",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("given_label", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_counter_dataset"),
        sa.PrimaryKeyConstraint("dataset", "given_label", "state", name="pk_counter"),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(length=16), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("job", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=12), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("formats", sa.JSON(), nullable=False),
        sa.Column("names", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('writing', 'frozen')", name="ck_release_state"),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_release_created_by"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_release_dataset"),
        sa.ForeignKeyConstraint(["job"], ["job.pid"], name="fk_release_job"),
        sa.PrimaryKeyConstraint("id", name="pk_release"),
        sa.UniqueConstraint("dataset", "number", name="uq_release_dataset_number"),
        sa.UniqueConstraint("pid", name="uq_release_pid"),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(length=16), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("presentation", sa.String(length=8), nullable=False),
        sa.Column("order", sa.String(length=9), nullable=False),
        sa.Column("reviews_per_cell", sa.Integer(), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False),
        sa.Column("names_hidden", sa.Boolean(), nullable=False),
        sa.Column("adjudicate_own", sa.Boolean(), nullable=False),
        sa.Column("reason_required", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("presentation in ('blind', 'sighted')", name="ck_round_presentation"),
        sa.CheckConstraint("state in ('draft', 'planning', 'open', 'closed')", name="ck_round_state"),
        sa.CheckConstraint("\"order\" in ('shuffled', 'import')", name="ck_round_order"),
        sa.CheckConstraint("not (presentation = 'blind' and \"order\" = 'import')", name="ck_round_blind_is_shuffled"),
        sa.CheckConstraint("reviews_per_cell >= 1", name="ck_round_reviews_per_cell"),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name="fk_round_created_by"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_round_dataset"),
        sa.PrimaryKeyConstraint("id", name="pk_round"),
        sa.UniqueConstraint("pid", name="uq_round_pid"),
    )
    op.create_index("ix_round_dataset", "round", ["dataset"], unique=False)

    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=4000), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("copied", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_source_dataset"),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("dataset", "name", name="uq_source_dataset_name"),
        sa.UniqueConstraint("dataset", "root", "copied", name="uq_source_dataset_root_copied"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("shown_label", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind in ('first', 'escalation', 'repeat', 'trap')", name="ck_assignment_kind"),
        sa.CheckConstraint("state in ('pending', 'done', 'skipped')", name="ck_assignment_state"),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_assignment_cell"),
        sa.ForeignKeyConstraint(["reviewer"], ["user.id"], name="fk_assignment_reviewer"),
        sa.ForeignKeyConstraint(["round"], ["round.id"], name="fk_assignment_round"),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.UniqueConstraint("pid", name="uq_assignment_pid"),
        sa.UniqueConstraint("round", "reviewer", "position", name="uq_assignment_round_reviewer_position"),
    )
    op.create_index("ix_assignment_cell_round", "assignment", ["cell", "round"], unique=False)
    op.create_index(
        "ix_assignment_pending",
        "assignment",
        ["round", "reviewer", "position"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_assignment_reviewer_cell", "assignment", ["reviewer", "cell"], unique=False)

    op.create_table(
        "occurrence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=4000), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("given_label", sa.Integer(), nullable=True),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("normalised", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_occurrence_cell"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_occurrence_dataset"),
        sa.ForeignKeyConstraint(["source"], ["source.id"], name="fk_occurrence_source"),
        sa.PrimaryKeyConstraint("id", name="pk_occurrence"),
        sa.UniqueConstraint("dataset", "path", name="uq_occurrence_dataset_path"),
    )
    op.create_index("ix_occurrence_cell", "occurrence", ["cell"], unique=False)
    op.create_index("ix_occurrence_dataset_file_sha256", "occurrence", ["dataset", "file_sha256"], unique=False)

    op.create_table(
        "release_file",
        sa.Column("release", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["release.id"], name="fk_release_file_release"),
        sa.PrimaryKeyConstraint("release", "name", name="pk_release_file"),
    )
    op.create_table(
        "round_cell",
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("shown_label", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_round_cell_cell"),
        sa.ForeignKeyConstraint(["round"], ["round.id"], name="fk_round_cell_round"),
        sa.PrimaryKeyConstraint("round", "cell", name="pk_round_cell"),
    )
    op.create_table(
        "round_counter",
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reviewer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["reviewer"], ["user.id"], name="fk_round_counter_reviewer"),
        sa.ForeignKeyConstraint(["round"], ["round.id"], name="fk_round_counter_round"),
        sa.PrimaryKeyConstraint("round", "reviewer", "state", name="pk_round_counter"),
    )
    op.create_table(
        "round_reviewer",
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reviewer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["reviewer"], ["user.id"], name="fk_round_reviewer_reviewer"),
        sa.ForeignKeyConstraint(["round"], ["round.id"], name="fk_round_reviewer_round"),
        sa.PrimaryKeyConstraint("round", "reviewer", name="pk_round_reviewer"),
    )
    op.create_index("ix_round_reviewer_reviewer", "round_reviewer", ["reviewer"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("assignment", sa.Integer(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("label", sa.Integer(), nullable=True),
        sa.Column("second_label", sa.Integer(), nullable=True),
        sa.Column("shown_label", sa.Integer(), nullable=True),
        sa.Column("presentation", sa.String(length=8), nullable=True),
        sa.Column("mode", sa.String(length=6), nullable=False),
        sa.Column("flag", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(kind = 'adjudication') = (assignment is null)", name="ck_review_assignment"),
        sa.CheckConstraint(
            "(verdict = 'label' and label is not null and second_label is null) or (verdict = 'borderline' and label is not null and second_label is not null and label <> second_label) or (verdict in ('unsure', 'unusable') and label is null and second_label is null) or (verdict = 'withdrawn' and label is null and second_label is null and supersedes is not null)",
            name="ck_review_verdict",
        ),
        sa.CheckConstraint("kind in ('first', 'escalation', 'repeat', 'trap', 'adjudication')", name="ck_review_kind"),
        sa.ForeignKeyConstraint(["assignment"], ["assignment.id"], name="fk_review_assignment"),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name="fk_review_cell"),
        sa.ForeignKeyConstraint(["reviewer"], ["user.id"], name="fk_review_reviewer"),
        sa.ForeignKeyConstraint(["round"], ["round.id"], name="fk_review_round"),
        sa.ForeignKeyConstraint(["supersedes"], ["review.uuid"], name="fk_review_supersedes"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        sa.UniqueConstraint("supersedes", name="uq_review_supersedes"),
        sa.UniqueConstraint("uuid", name="uq_review_uuid"),
    )
    op.create_index("ix_review_assignment_id", "review", ["assignment", "id"], unique=False)
    op.create_index("ix_review_cell_id", "review", ["cell", "id"], unique=False)
    op.create_index("ix_review_reviewer_id", "review", ["reviewer", "id"], unique=False)
    op.create_index("ix_review_round_id", "review", ["round", "id"], unique=False)
    op.create_index(
        "uq_review_first_of_assignment",
        "review",
        ["assignment"],
        unique=True,
        sqlite_where=sa.text("supersedes is null"),
        postgresql_where=sa.text("supersedes is null"),
    )
