import gc
import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from stages.execution.cutting import compiling, cut
from stages.losses.catalogue import LOSSES
from stages.records import plans
from stages.records.plans import Part
from stages.training import fitting, replicas
from stages.training.chunk import Candidate
from stages.training.keras_parts import kept_loss
from stages.training.networks import Network
from stages.training.scoring import score_seeds, scores_table
from stages.training.seed_training import GRID
from stages.training.seed_training import train as train_chunk
from tests.training.units import N_ROWS, SEEDS, keras_history, load, make_unit, seen, train

LEARNED, TESTED = (Part.TRAIN, Part.VALIDATION), (Part.TEST,)


def as_bytes(run, model):
    return pickle.dumps(
        [
            run.settings.model_dump_json(),
            run.failed,
            run.history.to_numpy().tobytes(),
            run.scores.to_csv(),
            run.outputs.tobytes(),
            model,
            [array.tobytes() for array in vars(run.regions).values()] if run.regions else None,
        ]
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("mae", {"dropout": 0.2}),
        pytest.param(
            "squared_hinge", {"optimizer": {"name": "Adam", "learning_rate": 0.01}}, marks=pytest.mark.endurance
        ),
        ("sparse_categorical_crossentropy", {"batch_norm": True, "rates": (0.002, 0.02, 0.2)}),
    ],
)
def test_each_seed_does_on_its_own_rows_and_scale_what_keras_does(name, changes):
    unit = make_unit(name, n_splits=2, **changes)
    run, _ = train(unit)
    for place in range(len(SEEDS)):
        model, expected = keras_history(
            unit,
            place,
            LEARNED,
            TESTED,
            scaling=unit.plan.to_train,
            epochs=run.n_epochs,
            rate=run.learning_rate,
            schedule=run.schedule,
        )
        for column, values in expected.items():
            np.testing.assert_allclose(run.epochs(column)[place], values, rtol=0, atol=1e-5, err_msg=column)
        for parts in (LEARNED, TESTED):
            features, _ = seen(unit, place, *parts, scaling=unit.plan.to_train)
            ours = run.outputs[place, unit.plan.rows(place, *parts)]
            np.testing.assert_allclose(ours, model.predict(features, verbose=0), rtol=0, atol=1e-5)


@pytest.mark.thorough
def test_a_tuned_unit_ends_as_one_with_the_chosen_rate_and_epochs(monkeypatch):
    monkeypatch.setattr(replicas, "EPOCHS", 1)  # each is told
    tuned, done = make_unit("mae", n_splits=2, rates=(0.01, 0.1, 1.0)), []
    run, model = train(tuned, lambda _, networks_times_epochs: done.append(networks_times_epochs))
    assert done == sorted(done)
    assert len(set(done)) > 5
    assert (run.learning_rate, run.n_epochs) == (run.tuning.rate, run.tuning.epochs)
    optimizer = tuned.settings.optimizer.at(run.tuning.rate, run.tuning.schedule)
    settings = tuned.settings.model_copy(update={"optimizer": optimizer, "epochs": run.tuning.epochs})
    alone, own_model = train(replace(tuned, settings=settings))
    assert as_bytes(replace(run, settings=settings), model) == as_bytes(alone, own_model)


@pytest.mark.thorough
def test_losses_of_one_task_start_alike_and_see_the_same_rows_in_the_same_order():
    # on a one-hot target these two are one objective, so all that could tell them apart is where they begin
    # and which rows each batch holds
    names = ("categorical_crossentropy", "sparse_categorical_crossentropy")
    one, other = (train(make_unit(name, n_splits=2))[0] for name in names)
    assert np.ptp(one.epochs("loss"), axis=0).min() > 1e-3  # another start and order are seen
    np.testing.assert_allclose(other.epochs("loss"), one.epochs("loss"), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(one.values("accuracy", "test"), other.values("accuracy", "test"))


def programs():
    """How many programs of an epoch the process keeps."""
    gc.collect()
    return sum(type(each).__name__ == "FuncGraph" and "run_epoch" in each.name for each in gc.get_objects())


def test_no_more_programs_are_kept_than_chunks_that_follow_each_other_share(monkeypatch):
    monkeypatch.setattr(fitting, "KEPT", 1)
    train(make_unit("mse", n_splits=2))
    before = programs()
    for name in ("mae", "huber"):
        train(make_unit(name, n_splits=2))
        assert programs() == before


def test_large_networks_are_not_kept(monkeypatch):
    monkeypatch.setattr(fitting, "KEPT_WEIGHTS", 10)
    train(make_unit("mse", n_splits=2))
    before = programs()
    train(make_unit("mae", n_splits=2))
    assert programs() == before
    assert not fitting._IDLE


def test_networks_that_are_alike_are_compiled_once_and_begin_anew():
    unit = make_unit("mse", n_splits=2)
    first, before = train(unit), programs()
    assert as_bytes(*train(unit)) == as_bytes(*first)
    assert programs() == before


@pytest.mark.thorough
def test_a_pickled_unit_gives_the_same_bytes():
    unit = make_unit("hinge", n_splits=2)
    assert as_bytes(*train(pickle.loads(pickle.dumps(unit)))) == as_bytes(*train(unit))


@pytest.mark.parametrize("name", ["mae", "squared_hinge", "categorical_hinge"])
def test_scores_are_what_scikit_learn_makes_of_the_outputs_for_each_seeds_own_rows(name):
    unit, task = make_unit(name, n_splits=2), LOSSES[name].task
    n_rows, n_outputs = sum(N_ROWS[task].values()), 3 if task == "multiclass" else 1
    outputs = np.random.default_rng(1).normal(size=(3, n_rows, n_outputs)).astype(np.float32)
    table = scores_table(unit, score_seeds(unit, outputs, np.ones(3, bool))).set_index(["seed", "part", "metric"])[
        "value"
    ]
    for place, seed in enumerate(SEEDS):
        for part, parts in (("train", LEARNED), ("test", TESTED)):
            rows = unit.plan.rows(place, *parts)
            labels, own = unit.table.labels[rows], outputs[place, rows]
            match task:
                case "regression":
                    expected = {
                        "mse": metrics.mean_squared_error((labels - 3) / 2, own),
                        "mae": metrics.mean_absolute_error(labels, own * 2 + 3),
                        "r2": metrics.r2_score(labels, own * 2 + 3),
                    }
                case "binary":
                    expected = {
                        "accuracy": metrics.accuracy_score(labels, own[:, 0] >= 0),
                        "roc_auc": metrics.roc_auc_score(labels, own[:, 0]),
                    }
                case _:
                    expected = {"f1_macro": metrics.f1_score(labels, own.argmax(axis=1), average="macro")}
            for metric, value in expected.items():
                np.testing.assert_allclose(table[seed, part, metric], value, rtol=1e-6, err_msg=metric)


def test_a_seed_that_failed_has_no_score_however_good_its_outputs_are():
    unit = make_unit("mae")
    perfect = np.stack([(unit.table.labels - 3) / 2] * 3).astype(np.float32)
    table = scores_table(unit, score_seeds(unit, perfect, np.array([True, False, True])))
    mae = table[(table["metric"] == "mae") & (table["part"] == "test")]
    np.testing.assert_allclose(mae["value"], [0, np.nan, 0], atol=1e-5)
    assert table[table["seed"] == SEEDS[1]]["value"].isna().all()


@pytest.mark.parametrize("name", ["mae", "sparse_categorical_crossentropy"])
def test_the_history_has_a_row_for_each_seed_and_epoch_and_ends_in_the_scores(name, monkeypatch):
    monkeypatch.setattr("stages.training.replicas.EPOCHS", 1)  # that are trained at once
    done = []
    unit = make_unit(name, epochs=4)
    run, _ = train(unit, lambda _, networks_times_epochs: done.append(networks_times_epochs))
    headline = "mse" if name == "mae" else "accuracy"
    assert done[:4] == [compiling(unit) + trained for trained in (3, 6, 9, 12)]
    assert list(run.history) == ["seed", "epoch", "loss", "val_loss", headline, f"val_{headline}"]
    assert run.history["seed"].tolist() == [4] * 4 + [0] * 4 + [9] * 4
    assert run.history["epoch"].tolist() == [1, 2, 3, 4] * 3
    np.testing.assert_allclose(run.epochs(f"val_{headline}")[:, -1], run.values(headline, "test"), rtol=1e-5)
    assert (run.tuning, run.learning_rate, run.n_epochs) == (None, 0.05, 4)


@pytest.mark.parametrize(
    ("name", "options"), [("huber", {"delta": (0.3, 2.0)}), ("bce", {"label_smoothing": (0.0, 0.3)})]
)
def test_candidates_with_parameters_of_their_own_each_train_as_alone(name, options):
    unit = make_unit({"bce": "binary_crossentropy"}.get(name, name), n_splits=2, selected_by="loss")
    [(parameter, values)] = options.items()
    candidates = [Candidate(0.05, "cosine", ((parameter, value),)) for value in values]
    [chunk] = cut(unit, candidates, 3)
    together = train_chunk(replace(chunk, is_tuning=True))["values"]
    for position, value in enumerate(values):
        loss = replace(unit.loss, parameters=unit.loss.parameters | {parameter: value})
        alone = replace(unit, settings=unit.settings.model_copy(update={"loss": loss}))
        [own] = cut(alone, [Candidate(0.05, "cosine")], 3)
        expected = train_chunk(replace(own, is_tuning=True))["values"]
        np.testing.assert_allclose(together[:, :, [position]], expected, rtol=1e-4, atol=1e-6)
    assert not np.allclose(together[:, :, 0], together[:, :, 1], rtol=1e-3)


def test_of_many_rows_that_train_some_are_scored_and_of_others_no_predictions_are_kept(monkeypatch):
    unit = make_unit("mse", n_splits=2)
    whole, _ = train(unit)
    monkeypatch.setattr(plans, "TRAIN_ROWS_SCORED", 6)
    some, _ = train(replace(unit, plan=replace(unit.plan)))  # a plan that knows nothing yet
    known = ~np.isnan(some.outputs[..., 0])
    for place in range(len(SEEDS)):
        learned, tested = unit.plan.rows(place, *LEARNED), unit.plan.rows(place, *TESTED)
        assert known[place, tested].all()
        assert known[place, learned].sum() == 6
        scored = learned[known[place, learned]]
        labels = unit.table.labels[scored] - unit.plan.to_train.target_center[unit.plan.split_of[place]]
        labels /= unit.plan.to_train.target_spread[unit.plan.split_of[place]]
        error = np.square(some.outputs[place, scored] - labels).mean()
        assert some.values("mse", "train")[place] == pytest.approx(error, rel=1e-5)
    np.testing.assert_allclose(some.outputs[known], whole.outputs[known], rtol=0, atol=1e-6)
    np.testing.assert_allclose(some.values("mse", "test"), whole.values("mse", "test"), rtol=1e-5)


@pytest.mark.parametrize("name", ["mse", "hinge"])
def test_of_a_table_that_is_mapped_to_memory_rows_that_no_seed_uses_are_left_alone(name, tmp_path):
    """They are no numbers: what looked at one would show it."""
    unit = make_unit(name, n_splits=2)
    where = np.sort(np.random.default_rng(0).choice(200, len(unit.table.labels), replace=False))
    features = np.full((200, unit.table.n_inputs), np.inf)
    labels = np.zeros((200, *unit.table.labels.shape[1:]), unit.table.labels.dtype)
    features[where], labels[where] = unit.table.features, unit.table.labels
    np.save(tmp_path / "table.npy", features)
    mapped = np.load(tmp_path / "table.npy", mmap_mode="r")
    parts = np.full((2, 200), Part.UNUSED, np.uint8)
    parts[:, where] = unit.plan.parts
    large = replace(
        unit, table=replace(unit.table, features=mapped, labels=labels), plan=replace(unit.plan, parts=parts)
    )
    small, _ = train(unit)
    run, _ = train(large)
    np.testing.assert_array_equal(run.history, small.history)
    np.testing.assert_array_equal(run.outputs[:, where], small.outputs)
    assert np.isnan(np.delete(run.outputs, where, axis=1)).all()
    np.testing.assert_array_equal(run.scores["value"], small.scores["value"])


def test_the_model_given_back_is_the_first_seeds():
    unit = make_unit("mse")
    run, file = train(unit)
    model = load(file)
    features, _ = seen(unit, 0, *Part, scaling=unit.plan.to_train)
    np.testing.assert_allclose(model.predict(features, verbose=0), run.outputs[0], rtol=0, atol=1e-6)


def test_the_model_given_back_is_compiled_as_it_was_trained():
    optimizer = {"name": "SGD", "learning_rate": 0.05, "momentum": 0.9, "schedule": "cosine", "global_clipnorm": 1.5}
    model = load(train(make_unit("huber", optimizer=optimizer, epochs=3))[1])
    schedule = model.optimizer.get_config()["learning_rate"]["config"]
    assert model.optimizer.get_config()["learning_rate"]["class_name"] == "CosineDecay"
    # 50 train rows in batches of 16, three times
    assert (schedule["initial_learning_rate"], schedule["decay_steps"]) == (0.05, 12)
    assert (model.optimizer.momentum, model.optimizer.global_clipnorm) == (0.9, 1.5)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)
    assert model.loss.name == "huber_loss"
    constant = load(train(make_unit("hinge", epochs=1))[1])
    assert float(constant.optimizer.learning_rate) == pytest.approx(0.05)
    assert constant.optimizer.get_config()["learning_rate"] == pytest.approx(0.05)


@pytest.mark.parametrize(("name", "changes", "is_kept"), [
    ("huber", {"parameters": {"delta": 2.0}}, False),  # Keras forgets delta
    ("binary_focal_crossentropy", {}, True),
    ("pinball", {}, False),
])  # fmt: skip
def test_the_loss_of_a_model_is_kept_where_it_comes_back_as_it_is(name, changes, is_kept):
    loss = replace(LOSSES[name], **changes)
    assert (kept_loss(loss) is not None) == is_kept


@pytest.mark.parametrize(("name", "n_features"), [("mae", 2), ("hinge", 3)])
def test_there_are_no_regions_of_values_or_of_more_than_two_features(name, n_features):
    assert train(make_unit(name, epochs=1, n_features=n_features))[0].regions is None


def test_regions_are_the_decisions_over_the_plane_each_seed_on_its_own_scale():
    unit = make_unit("hinge", epochs=1, n_splits=2)
    run, file = train(unit)
    model = load(file)
    assert (run.regions.decisions.shape, run.regions.decisions.dtype) == ((len(SEEDS), GRID, GRID), np.int8)
    x, y = np.meshgrid(run.regions.x, run.regions.y)
    scaling = unit.plan.to_train
    grid = (np.stack([x.ravel(), y.ravel()], axis=1) - scaling.center[0]) / scaling.spread[0]
    outputs = model.predict(grid.astype(np.float32), batch_size=GRID**2, verbose=0)
    sure = np.abs(outputs[:, 0]) > 1e-4
    decisions = run.regions.decisions[0].ravel()
    np.testing.assert_array_equal(decisions[sure], outputs[sure, 0] >= 0)
    assert 0 < decisions.mean() < 1
    rows = unit.table.features
    assert run.regions.x[0] < rows[:, 0].min() < rows[:, 0].max() < run.regions.x[-1]
    assert run.regions.y[0] < np.nanmin(rows[:, 1]) < np.nanmax(rows[:, 1]) < run.regions.y[-1]


@pytest.fixture
def breaking(monkeypatch):
    """Make one seed's network start from weights so large that its loss overflows."""

    def break_seed(broken):
        sound = Network.initial_weights

        def initial_weights(network, seeds):
            huge = np.array([1e30 if seed == broken else 1 for seed in seeds], np.float32)
            return [array * huge.reshape(-1, *[1] * (array.ndim - 1)) for array in sound(network, seeds)]

        monkeypatch.setattr(Network, "initial_weights", initial_weights)

    return break_seed


@pytest.mark.thorough
def test_a_seed_that_overflows_is_recorded_and_leaves_the_others_alone(breaking):
    sound, _ = train(make_unit("mse"))
    without, _ = train(make_unit("mse", seeds=[4, 9]))
    breaking(0)
    run, _ = train(make_unit("mse"))
    assert (sound.failed, without.failed, run.failed) == ([], [], [0])
    assert run.scores.set_index("seed")["value"][0].isna().all()
    others = run.scores["seed"] != 0
    np.testing.assert_array_equal(run.scores[others]["value"], sound.scores[others]["value"])
    np.testing.assert_array_equal(run.history[run.history["seed"] != 0], sound.history[sound.history["seed"] != 0])
    np.testing.assert_array_equal(run.outputs[[0, 2]], sound.outputs[[0, 2]])
    np.testing.assert_allclose(run.outputs[[0, 2]], without.outputs, rtol=0, atol=1e-5)
    assert not np.isfinite(run.epochs("val_loss")[1]).all()


def test_when_every_seed_fails_every_score_is_nan():
    run, _ = train(make_unit("mse", optimizer={"name": "SGD", "learning_rate": 1e30}))
    assert run.failed == list(SEEDS)
    assert set(run.scores["seed"]) == set(SEEDS)
    assert run.scores["value"].isna().all()
