"""What was fitted on held-out rows is not fitted again, and makes no difference to any number or byte."""

from dataclasses import replace

import numpy as np
import pytest

from stages.basics.digest import digest
from stages.losses.catalogue import LOSSES
from stages.records.store import Store
from stages.scores import calibration, catalogue, costs
from stages.verdicts.held_out import cache, thresholds
from stages.verdicts.outcome import judge

COSTS = costs.score(((0.0, 1.0), (20.0, 0.0)))


@pytest.fixture
def kept(tmp_path):
    return cache.beside(Store(tmp_path / "store"))


def entries(kept):
    return {path.name for path in kept.store.folder.glob("*")}


@pytest.fixture
def fits(monkeypatch):
    """Count what is fitted."""
    done = []

    def counted(module, name):
        fit = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, **settings: done.append(name) or fit(*given, **settings))

    counted(thresholds, "choose")
    counted(calibration, "fit")
    return done


def numbers(comparison):
    """All that is found of a comparison, as a hash."""
    outcome, calibrated = comparison.outcome, comparison.calibrated
    pairs = {" ".join(names): (pair.low, pair.high, pair.p, pair.verdict) for names, pair in outcome.pairs.items()}
    fitted = {loss: (each.probabilities, each.scores, each.to_use) for loss, each in calibrated.items()}
    return digest([outcome.thresholds, outcome.to_use, outcome.scores, outcome.summaries, pairs, fitted])


def test_numbers_are_the_same_and_nothing_is_fitted_the_second_time(make_shifted, kept, fits):
    plain = numbers(make_shifted())
    assert {"choose", "fit"} == set(fits)
    first = numbers(replace(make_shifted(), cache=kept))
    n_entries = len(entries(kept))
    fits.clear()
    assert numbers(replace(make_shifted(), cache=kept)) == first == plain
    assert fits == []
    assert len(entries(kept)) == n_entries == 5  # the thresholds of two losses, of new rows, and two calibrations


def test_a_table_that_is_new_is_fitted_beside_those_that_stay(make_shifted, kept, fits):
    old, new = make_shifted(), make_shifted(n_rows=500)
    for comparison in (old, new):
        _ = replace(comparison, cache=kept).outcome
    fits.clear()
    _ = replace(old, cache=kept).outcome
    assert fits == []
    changed = replace(old, labels=np.where(np.arange(len(old.labels)) == 7, 1 - old.labels, old.labels), cache=kept)
    assert changed.outcome.thresholds.keys() == old.outcome.thresholds.keys()
    assert fits != []


def test_another_score_other_weights_and_other_costs_have_entries_of_their_own(make_shifted, kept):
    comparison = replace(make_shifted(), cache=kept)
    rows = comparison.plan, comparison.description, comparison.labels
    seen = set()
    for settings in ({}, {"weights": np.linspace(0.5, 1.5, len(comparison.labels))}):
        for score in (comparison.score, COSTS):
            judge(comparison.runs, score, *rows, **settings, cache=kept)
            assert entries(kept) > seen
            seen = entries(kept)
    for name in ("f1", "recall_1"):
        thresholds.for_new_rows(
            comparison.runs[0],
            catalogue.find(name, "binary"),
            comparison.plan,
            comparison.labels,
            n_classes=2,
            weights=None,
            cache=kept,
        )
        assert entries(kept) > seen
        seen = entries(kept)


def test_what_was_damaged_is_fitted_again(make_shifted, kept):
    comparison = make_shifted()
    before = replace(comparison, cache=kept).outcome
    for path in kept.store.folder.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    after = replace(comparison, cache=kept).outcome
    for loss, chosen in before.thresholds.items():
        assert (after.thresholds[loss] == chosen).all()
    assert (after.to_use == before.to_use).all()


def test_thresholds_of_a_score_of_the_users_own_are_not_kept(make_shifted, kept, write_own):
    write_own("mine", "def missed(truth, predictions):\n    return 5.0 * (truth > predictions)\n")
    comparison = make_shifted()
    score = catalogue.find("mine:missed", comparison.task)
    settings = {"n_classes": 2, "weights": None, "cache": kept}
    rows = comparison.plan, comparison.labels
    assert thresholds.of_runs(comparison.runs, score, *rows, **settings, chosen={})
    assert thresholds.for_new_rows(comparison.runs[0], score, *rows, **settings) is not None
    assert entries(kept) == set()


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_of_the_catalogue_can_be_part_of_a_key(name):
    assert digest(LOSSES[name]) != digest(replace(LOSSES[name], name="another"))
