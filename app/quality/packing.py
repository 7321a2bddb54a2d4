"""How what a review says fits into one number: the database packs, :mod:`app.quality.answers` unpacks."""

from app.review.models import Kind, Presentation, Verdict

LABEL_BITS = 8
"""A label set has at most 200 classes; 0 stands for none."""

VERDICT_BITS = 2 * LABEL_BITS
KIND_BITS = VERDICT_BITS + 3
PRESENTATION_BITS = KIND_BITS + 3

VERDICTS = tuple(Verdict)
KINDS = tuple(Kind)
PRESENTATIONS = tuple(Presentation)
