import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from stages.basics.cli import UserError
from stages.losses.catalogue import LOSSES
from stages.records.plans import Part
from stages.records.store import Store
from stages.references import fitting
from stages.scores import catalogue, measure
from tests.training.units import make_unit

USUAL = {"regression": "mse", "binary": "binary_crossentropy", "multiclass": "categorical_crossentropy"}


def score_of(unit):
    return catalogue.find("rmse" if unit.loss.task == "regression" else "accuracy", unit.loss.task)


def references(unit, kept=None):
    return {model.name: model for model in fitting.of_unit(unit, score_of(unit), kept)}


def folds(unit, n_folds=2, n_seeds=30):
    """The unit with seeds that take turns on folds of all rows."""
    n_rows = len(unit.table.labels)
    fold = np.arange(n_rows) % n_folds
    parts = np.where(np.arange(n_folds)[:, None] == fold, Part.TEST, Part.TRAIN).astype(np.uint8)
    scaling = unit.plan.to_train.of_splits(np.zeros(1, int)).repeated(n_folds)
    plan = replace(unit.plan, method="kfold", n_folds=n_folds, fixed=False, parts=parts)
    plan = replace(plan, split_of=np.arange(n_seeds) % n_folds, to_train=scaling, to_tune=scaling)
    settings = unit.settings.model_copy(update={"seeds": tuple(range(n_seeds))})
    return replace(unit, plan=plan, settings=settings)


@pytest.mark.parametrize("task", USUAL)
def test_references_are_scored_by_the_code_that_scores_networks(task):
    unit = make_unit(USUAL[task])
    made = references(unit)
    assert list(made) == ["constant", "linear", "boosting"]
    rows = unit.plan.rows(0, Part.TEST)
    scaling = {"center": unit.plan.to_train.target_center[0], "spread": unit.plan.to_train.target_spread[0]}
    for model in made.values():
        assert model.problem is None
        assert model.outputs.shape[:2] == (3, len(unit.table.labels))
        expected = measure.score(LOSSES[USUAL[task]], unit.table.labels[rows], model.outputs[:, rows], **scaling)
        for name, values in expected.items():
            assert model.scores["test"][name] == [None if np.isnan(value) else value for value in values]
    by = score_of(unit)
    sign = 1 if by.higher_is_better else -1
    assert sign * made["linear"].mean("test", by.name) > sign * made["constant"].mean("test", by.name)


def test_a_constant_answers_what_is_best_for_the_score_that_decides():
    unit = make_unit("mse")
    rows = unit.plan.rows(0, Part.TRAIN, Part.VALIDATION)
    center, spread = unit.plan.to_train.target_center[0], unit.plan.to_train.target_spread[0]
    outputs = references(unit)["constant"].outputs
    np.testing.assert_allclose(outputs[0] * spread + center, unit.table.labels[rows].mean(axis=0)[None].repeat(71, 0))


def test_seeds_are_those_of_whole_partitions():
    unit = make_unit("mse")
    assert {len(model.seeds) for model in fitting.of_unit(folds(unit, 10), score_of(unit), None)} == {10}
    assert {len(model.seeds) for model in fitting.of_unit(folds(unit, 12), score_of(unit), None)} == {12}
    assert {len(model.seeds) for model in fitting.of_unit(folds(unit, 4), score_of(unit), None)} == {8}
    assert {len(model.seeds) for model in fitting.of_unit(folds(unit, 4, 5), score_of(unit), None)} == {5}


@pytest.mark.parametrize("name", ["linear", "boosting"])
def test_a_fold_is_predicted_by_a_model_that_knows_nothing_of_its_targets(name):
    unit = folds(make_unit("mse"))
    changed = unit.table.labels.copy()
    changed[unit.plan.tested[0]] += 50
    before, after = (
        references(replace(unit, table=replace(unit.table, labels=labels)))[name].outputs
        for labels in (unit.table.labels, changed)
    )
    np.testing.assert_array_equal(before[0], after[0])
    assert (before[1] != after[1]).any()


@pytest.mark.parametrize("name", ["linear", "boosting"])
def test_rows_that_weigh_nothing_are_not_learned_from_and_weights_count(name):
    unit = folds(make_unit("binary_crossentropy"))
    weights = np.where(np.arange(len(unit.table.labels)) % 3 == 0, 0.0, 1.5)
    flipped = np.where(weights == 0, 1 - unit.table.labels, unit.table.labels)
    of = {
        key: references(replace(unit, table=replace(unit.table, labels=labels, weights=weights)))[name].outputs
        for key, labels in (("labels", unit.table.labels), ("flipped", flipped))
    }
    np.testing.assert_array_equal(of["labels"], of["flipped"])


def test_what_was_fitted_is_found_again_and_another_table_is_not(tmp_path):
    kept, unit = Store(tmp_path / "store"), make_unit("mse")
    first = references(unit, kept)
    files = {path: path.stat().st_ino for path in kept.files()}
    assert len(files) == 2  # a constant is not worth keeping
    again = references(unit, kept)
    assert {path: path.stat().st_ino for path in kept.files()} == files
    for name, model in first.items():
        np.testing.assert_array_equal(model.outputs, again[name].outputs)
        assert model.scores == again[name].scores
    references(replace(unit, table=replace(unit.table, labels=unit.table.labels + 1)), kept)
    assert len(kept.files()) == 4


def test_a_file_of_the_store_that_was_damaged_is_made_again(tmp_path, capsys):
    kept, unit = Store(tmp_path / "store"), make_unit("mse")
    first = references(unit, kept)
    for path in kept.files():
        path.write_bytes(b"nothing")
    again = references(unit, kept)
    np.testing.assert_array_equal(first["linear"].outputs, again["linear"].outputs)
    assert capsys.readouterr().out.count("was damaged and is made again") == 2


def test_where_thresholds_are_chosen_on_rows_set_aside_models_know_nothing_of_these():
    unit = make_unit("binary_crossentropy", rates=[0.01, 0.1])
    validated = unit.plan.validated[0]
    flipped = np.where(validated, 1 - unit.table.labels, unit.table.labels)
    for name in ("linear", "boosting"):
        before, after = (
            references(replace(unit, table=replace(unit.table, labels=labels)))[name]
            for labels in (unit.table.labels, flipped)
        )
        np.testing.assert_array_equal(before.held_out, after.held_out)
        assert (before.outputs != after.outputs).any()
    assert references(make_unit("mse", rates=[0.01, 0.1]))["linear"].held_out is None


def test_a_model_that_cannot_be_fitted_says_so_and_the_other_stands():
    unit = make_unit("mse")
    features = unit.table.features.copy()
    features[5, 0] = np.inf
    made = references(replace(unit, table=replace(unit.table, features=features)))
    assert "infinity" in made["linear"].problem
    assert made["linear"].scores == {}


def named(comparison, name="mse"):
    unit = make_unit(name)
    return replace(unit, settings=unit.settings.model_copy(update={"comparison": comparison}))


def test_what_is_fitted_while_networks_train_is_what_is_fitted_alone_once_for_each_comparison(monkeypatch):
    monkeypatch.setattr(fitting, "are_wanted", lambda _, comparison: comparison != "without")
    units = [named("with"), named("with", "mae"), named("without")]
    score = score_of(units[0])
    with fitting.meanwhile(None, units, {"with": score, "without": score}, None) as fitted:
        found = fitted()
    assert list(found) == ["with", "without"]
    assert found["without"] == []
    alone = fitting.of_unit(units[0], score, None)
    assert [model.scores for model in found["with"]] == [model.scores for model in alone]


def test_where_training_ends_in_an_error_no_other_comparison_is_begun(monkeypatch):
    began, may_end = threading.Event(), threading.Event()
    fitted_for = []

    def slow(unit, *_):
        fitted_for.append(unit.settings.comparison)
        began.set()
        may_end.wait()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, *, cancel_futures):
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            may_end.set()
            super().shutdown()

    monkeypatch.setattr(fitting, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(fitting, "are_wanted", lambda *_: True)
    monkeypatch.setattr(fitting, "of_unit", slow)
    units = [named("first"), named("second")]

    def fail():
        with fitting.meanwhile(None, units, {"first": None, "second": None}, None):
            began.wait()
            raise ValueError("a network cannot be trained")

    with pytest.raises(ValueError, match="cannot be trained"):
        fail()
    assert fitted_for == ["first"]


def test_an_error_of_a_reference_model_is_raised_where_it_is_asked_for(monkeypatch):
    def refused(*_):
        raise UserError("the score of your own is not defined for it")

    monkeypatch.setattr(fitting, "are_wanted", lambda *_: True)
    monkeypatch.setattr(fitting, "of_unit", refused)
    with (
        fitting.meanwhile(None, [named("houses")], {"houses": None}, None) as fitted,
        pytest.raises(UserError, match="of your own"),
    ):
        fitted()
