"""Reading label sets. Versions are immutable, so a document is parsed once a process, known by its digest."""

from sqlalchemy import bindparam, select

from app.database import Reading
from app.labels.errors import UnknownLabelSet
from app.labels.labelset import LabelSet, from_document
from app.labels.models import LabelSetRow

_DIGEST = select(LabelSetRow.digest).where(LabelSetRow.id == bindparam("id"))
_parsed: dict[bytes, LabelSet] = {}


def label_set(session: Reading, label_set_id: int) -> LabelSet:
    """The label set of a row (primary key; the document is only fetched the first time)."""
    digest = session.scalar(_DIGEST, {"id": label_set_id})
    if digest is None:
        raise UnknownLabelSet("This label set is not in the database.")
    return label_set_with(session, label_set_id, digest)


def label_set_with(session: Reading, label_set_id: int, digest: bytes) -> LabelSet:
    """The same for who has the row's digest already: no statement but the first time."""
    known = _parsed.get(digest)
    if known is None:
        stored = select(LabelSetRow.document).where(LabelSetRow.id == label_set_id)
        known = _parsed[digest] = from_document(session.execute(stored).scalar_one())
    return known


def newest(session: Reading, name: str) -> tuple[int, LabelSet]:
    """The id and the label set of a name's newest version (unique index on name and version)."""
    by_version = select(LabelSetRow.id).where(LabelSetRow.name == name).order_by(LabelSetRow.version.desc())
    label_set_id = session.scalar(by_version.limit(1))
    if label_set_id is None:
        raise UnknownLabelSet("There is no label set “{name}”.", "label_set", name=name)
    return label_set_id, label_set(session, label_set_id)


def label_sets(session: Reading) -> list[LabelSet]:
    """The newest version of every label set, by name (unique index on name and version)."""
    newest_last = select(LabelSetRow.name, LabelSetRow.id).order_by(LabelSetRow.name, LabelSetRow.version)
    newest_ids = dict(session.execute(newest_last).all())
    return [label_set(session, label_set_id) for label_set_id in newest_ids.values()]
