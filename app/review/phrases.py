"""A filter of cells as phrases that go on after "172 cells", not yet in anybody's language."""

from collections.abc import Mapping

from app.labels.labelset import LabelSet
from app.review.filters import NONE, CellFilter
from app.words import Words, phrase

STATES = {
    "agreed": phrase("agreed"),
    "adjudicated": phrase("adjudicated"),
    "disputed": phrase("disputed"),
    "in_review": phrase("in review"),
    "unreviewed": phrase("unreviewed"),
}
OUTCOMES = {
    "label": phrase("whose outcome is a class"),
    "borderline": phrase("whose outcome is borderline"),
    "unusable": phrase("whose outcome is unusable"),
}
NO_CLASSES = {"unsure": phrase("unsure"), "unusable": phrase("unusable")}
SWITCHES = {
    "flagged": (phrase("flagged"), phrase("not flagged")),
    "dissent": (phrase("with dissent"), phrase("without dissent")),
    "born_disputed": (phrase("born disputed"), phrase("not born disputed")),
}


def filter_phrases(
    chosen: CellFilter, label_set: LabelSet, language: str, rounds: Mapping[str, str] | None = None
) -> list[Words]:
    """What is asked for, one phrase for each condition; ``rounds`` names rounds by their id."""
    found: list[Words] = []
    if chosen.given_label == NONE:
        found.append(phrase("without a given label"))
    elif chosen.given_label:
        found.append(phrase("given as {labels}", labels=class_words(chosen.given_label, label_set, language)))
    if chosen.label:
        found.append(phrase("held to be {labels}", labels=class_words(chosen.label, label_set, language)))
    if chosen.predicted_label == NONE:
        found.append(phrase("of which no model says anything"))
    elif chosen.predicted_label:
        found.append(phrase("predicted as {labels}", labels=class_words(chosen.predicted_label, label_set, language)))
    if chosen.min_suspicion is not None:
        found.append(phrase("suspicious from {least:g} on", least=chosen.min_suspicion))
    if chosen.outcome:
        found.append(OUTCOMES[chosen.outcome])
    if chosen.state:
        found.append(STATES[chosen.state])
    if chosen.pair:
        first, last = (class_word(name.strip(), label_set, language) for name in chosen.pair.split(",", 1))
        found.append(phrase("between {first} and {last}", first=first, last=last))
    for name, (yes, no) in SWITCHES.items():
        value = getattr(chosen, name)
        if value is not None:
            found.append(yes if value else no)
    if chosen.round:
        found.append(phrase("in the round {round}", round=(rounds or {}).get(chosen.round, chosen.round)))
    if chosen.reviewer:
        found.append(phrase("reviewed by {name}", name=chosen.reviewer))
    if chosen.attribute:
        found.append(phrase("with {attribute}", attribute=chosen.attribute.replace(":", " ", 1)))
    if chosen.q:
        found.append(phrase("found by “{words}”", words=chosen.q))
    return found


def class_words(names: str, label_set: LabelSet, language: str) -> Words | str:
    """One class or several as words in a sentence."""
    either, *others = (class_word(name.strip(), label_set, language) for name in names.split(","))
    for other in others:
        either = phrase("{first} or {last}", first=either, last=other)
    return either


def class_word(name: str, label_set: LabelSet, language: str) -> Words | str:
    """A class's name inside a sentence: lower case in English, unless it begins with an abbreviation. What is no
    class is a word of ours, or stays what it is.
    """
    if name not in label_set:
        return NO_CLASSES.get(name, name)
    title = label_set[label_set.index(name)].called(language)
    return title if language != "en" or title[1:2].isupper() else title[:1].lower() + title[1:]
