"""Storing label sets."""

from sqlalchemy import JSON, LargeBinary, bindparam, select, text

from app.database import Writing
from app.labels.errors import VersionTaken
from app.labels.labelset import LabelSet, builtin_names, load_builtin
from app.labels.models import LabelSetRow

STORE = text(
    "insert into label_set (name, version, digest, document) values (:name, :version, :digest, :document) "
    "on conflict do nothing"
).bindparams(bindparam("digest", type_=LargeBinary), bindparam("document", type_=JSON))


def store_label_set(session: Writing, label_set: LabelSet) -> int:
    """The id of a label set in the database; it is put there where it is missing.

    :class:`VersionTaken` where the same name and version stand for something else. Processes that start
    together may store the same set at once.
    """
    stored = {"name": label_set.name, "version": label_set.version}
    session.execute(STORE, stored | {"digest": label_set.digest(), "document": label_set.document()})
    label_set_id, digest = session.execute(
        select(LabelSetRow.id, LabelSetRow.digest).where(
            LabelSetRow.name == label_set.name, LabelSetRow.version == label_set.version
        )
    ).one()
    if digest != label_set.digest():
        raise VersionTaken(
            "Version {version} of the label set {name} is already there with other content. Raise its "
            "version to {next} or more.",
            "version",
            version=label_set.version,
            name=label_set.name,
            next=label_set.version + 1,
        )
    return label_set_id


def store_builtin_label_sets(session: Writing) -> None:
    """Put the label sets that come with the product into the database."""
    for name in builtin_names():
        store_label_set(session, load_builtin(name))
