"""All that is known of a cell makes one suspicion, with the reason that weighs most."""

import numpy as np
import pytest

from app.consensus.statistics.votes import votes
from app.quality.suspicion.combining import combined
from app.quality.suspicion.from_neighbours import Looks
from app.quality.suspicion.from_predictions import Told, from_labels
from app.quality.suspicion.from_votes import REVIEWER_RIGHT, Said, said
from app.quality.suspicion.noise import labelling
from app.quality.suspicion.reasons import Reason, Source

BAND, SEG, MYELO = 0, 1, 2
MATRIX = labelling(3, [(BAND, SEG)])
REVIEWER = labelling(3, [(BAND, SEG)], right=REVIEWER_RIGHT)


def voted(*said_of_cells: list[int | tuple[int, int]]) -> Said:
    """Answers cell by cell; a pair of classes is a borderline answer."""
    rows = [(cell, rater, answer) for cell, answers in enumerate(said_of_cells) for rater, answer in enumerate(answers)]
    pairs = [answer if isinstance(answer, tuple) else (answer, -1) for _, _, answer in rows]
    given = votes(
        [cell for cell, _, _ in rows],
        [rater for _, rater, _ in rows],
        [first for first, _ in pairs],
        [second for _, second in pairs],
        items=len(said_of_cells),
        raters=5,
        classes=3,
    )
    return said(given, REVIEWER)


def looking(*p: tuple[float, float, float], alike: list[list[int]] | None = None) -> Looks:
    return Looks(np.log(np.array(p)), np.array(alike or [[-1] * 8] * len(p)))


def telling(*p: tuple[float, float, float]) -> Told:
    stated = np.array(p)
    known = stated.sum(axis=1) > 0
    log_p = np.log(np.where(known[:, None], stated, 1 / 3))
    return Told(log_p, known, stated, np.where(known, stated.argmax(axis=1), -1))


def test_more_reviewers_against_a_label_make_it_more_suspicious() -> None:
    given = np.full(5, SEG)
    found = combined(given, MATRIX, said=voted([BAND] * 3, [BAND, BAND, SEG], [], [BAND, SEG, SEG], [SEG] * 3))
    assert found.rank.tolist() == [0, 1, 2, 3, 4]
    assert found.suspicion[0] > 0.9
    assert found.suspicion[4] < 0.01
    assert found.suggested[0] == BAND


def test_two_of_three_reviewers_are_the_reason() -> None:
    found = combined(np.array([SEG]), MATRIX, said=voted([BAND, BAND, SEG]))
    assert found.reasons.of_cell(0) == Reason(Source.VOTES, BAND, 2.0, 3.0, None)


def test_a_borderline_answer_counts_half_for_each_class() -> None:
    found = voted([(BAND, SEG), (BAND, MYELO)])
    assert found.counts.tolist() == [[1.0, 0.5, 0.5]]
    assert found.log_p[0, BAND] > found.log_p[0, SEG]
    torn, agreed, against = combined(
        np.full(3, SEG), MATRIX, said=voted([(BAND, SEG)], [SEG, SEG], [BAND, BAND])
    ).suspicion
    assert agreed < torn < against


def test_a_posterior_is_taken_for_the_votes_and_its_prevalence_taken_out() -> None:
    given_votes = votes([0, 2], [0, 0], [BAND, SEG], items=3, raters=1, classes=3)
    prevalence = np.array([0.2, 0.7, 0.1])
    silent = np.tile(prevalence, (2, 1))
    assert said(given_votes, REVIEWER, silent, prevalence).log_p == pytest.approx(0)
    sure = said(given_votes, REVIEWER, np.array([[0.98, 0.01, 0.01], [0, 1, 0]]), prevalence)
    assert sure.log_p.argmax(axis=1).tolist() == [BAND, 0, SEG]
    assert (sure.log_p[1] == 0).all()


def test_a_posterior_of_other_cells_is_refused() -> None:
    given_votes = votes([0], [0], [BAND], items=3, raters=1, classes=3)
    with pytest.raises(ValueError, match="posterior"):
        said(given_votes, REVIEWER, np.ones((3, 3)) / 3)
    with pytest.raises(ValueError, match="matrix"):
        said(given_votes, labelling(2, []))


def test_what_most_look_alikes_are_is_the_reason() -> None:
    alike = [[1, 2, 3, 4, 5, 6, 7, 8]] + [[-1] * 8] * 8
    given = np.array([SEG, BAND, BAND, BAND, BAND, BAND, BAND, SEG, MYELO])
    found = combined(given, MATRIX, looking((0.9, 0.05, 0.05), *[(0.4, 0.4, 0.2)] * 8, alike=alike))
    reason = found.reasons.of_cell(0)
    assert reason is not None
    assert (reason.source, reason.suggested, reason.said, reason.of) == (Source.LOOKS, BAND, 6.0, 8.0)
    assert reason.probability == pytest.approx(0.9)
    assert found.rank[0] == 0


def test_what_the_model_states_is_the_reason() -> None:
    found = combined(np.array([SEG]), MATRIX, looking((0.5, 0.4, 0.1)), [telling((0.93, 0.05, 0.02))])
    assert found.reasons.of_cell(0) == Reason(Source.PREDICTIONS, BAND, None, None, 0.93)


def test_a_model_of_bare_labels_gives_a_reason_without_a_number() -> None:
    label = np.array([BAND, SEG, SEG, SEG, BAND])
    told = from_labels(label, np.array([SEG, SEG, SEG, SEG, BAND]), 3, REVIEWER)
    found = combined(np.array([SEG, SEG, SEG, SEG, BAND]), MATRIX, told=[told])
    assert found.rank[0] == 0
    assert found.reasons.of_cell(0) == Reason(Source.PREDICTIONS, BAND, None, None, None)


def test_where_nothing_speaks_against_the_label_the_reason_is_about_the_label() -> None:
    found = combined(np.array([SEG]), MATRIX, looking((0.05, 0.93, 0.02)), said=voted([SEG, SEG]))
    assert found.reasons.of_cell(0) is not None
    assert found.reasons.suggested[0] == -1


def test_where_nobody_speaks_there_is_no_reason() -> None:
    found = combined(np.array([SEG, BAND]), MATRIX)
    assert found.reasons.of_cell(0) is None
    assert found.suspicion == pytest.approx(0.03, abs=0.01)
    assert found.of_source == {}


def test_reviewers_outweigh_what_a_cell_looks_like() -> None:
    against = looking((0.95, 0.04, 0.01))
    alone = combined(np.array([SEG]), MATRIX, against)
    confirmed = combined(np.array([SEG]), MATRIX, against, said=voted([SEG, SEG, SEG]))
    assert confirmed.suspicion[0] < 0.05 < alone.suspicion[0]


def test_each_source_says_what_it_alone_would_make_of_a_cell() -> None:
    found = combined(
        np.array([SEG, SEG]),
        MATRIX,
        looking((0.2, 0.7, 0.1), (0.2, 0.7, 0.1)),
        [telling((0.99, 0.005, 0.005), (0, 0, 0))],
        voted([], [BAND]),
    )
    assert np.isnan(found.of_source[Source.VOTES]).tolist() == [True, False]
    assert np.isnan(found.of_source[Source.PREDICTIONS]).tolist() == [False, True]
    assert found.of_source[Source.PREDICTIONS][0] > found.suspicion[0] > found.of_source[Source.LOOKS][0]


def test_several_models_are_averaged() -> None:
    one, other = telling((0.99, 0.005, 0.005)), telling((0.01, 0.98, 0.01))
    given = np.array([SEG])
    alone = [combined(given, MATRIX, told=[told]).log_odds[0] for told in (one, other)]
    assert min(alone) < combined(given, MATRIX, told=[one, other]).log_odds[0] < max(alone)


@pytest.mark.parametrize("classes", [1, 2, 200])
def test_label_sets_of_any_size_are_no_trouble(classes: int) -> None:
    given = np.arange(6) % classes
    counted = said(votes([0, 1], [0, 0], [0, 0], items=6, raters=1, classes=classes), labelling(classes, [], 0.9))
    found = combined(
        given, labelling(classes, []), Looks(np.full((6, classes), -np.log(classes)), np.full((6, 8), -1)), (), counted
    )
    assert np.isfinite(found.suspicion).all()
    assert sorted(found.rank) == list(range(6))
    assert [found.reasons.of_cell(cell) is not None for cell in range(6)] == [True] * 6
    assert (found.suggested == -1).all() == (classes == 1)


def test_no_cells_have_no_suspicion() -> None:
    assert len(combined(np.zeros(0, np.int64), MATRIX).reasons) == 0


def test_sources_of_other_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="1 cells and 3 classes"):
        combined(np.array([SEG]), MATRIX, looking((0.3, 0.3, 0.4), (0.3, 0.3, 0.4)))
