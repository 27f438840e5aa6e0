import numpy as np
import pytest

from stages.basics import paths
from stages.tracking import contents


def by_name(numbers, step=0):
    """The value of each number of one step."""
    return {number.name: number.value for number in numbers if number.step == step}


def test_parameters_are_the_settings_with_a_path_for_those_within_others(make_run):
    expected = {
        "dataset": "circles",
        "task": "binary",
        "activation": "tanh",
        "targets": "plus_minus_one",
        "hidden": [50],
        "epochs": 200,
        "batch_size": 32,
        "seeds": 3,
        "optimizer.name": "SGD",
        "optimizer.momentum": 0.9,
        "data.source.generator": "make_circles",
        "data.source.n_samples": 1000,
        "data.split.train": 500,
    }
    parameters = contents.parameters(make_run("hinge"))
    assert {key: parameters.get(key) for key in expected} == expected


@pytest.mark.parametrize(("loss", "metric"), [("hinge", "accuracy"), ("mse", "mse")])
def test_each_epoch_is_the_mean_and_standard_deviation_of_the_seeds_that_did_not_fail(make_run, loss, metric):
    run = make_run(loss, failed=(1,), epochs=100)
    numbers = list(contents.numbers(run, metric))
    history = run.history[run.history["seed"] != 1]
    for column in ("loss", "val_loss", metric, f"val_{metric}"):
        by_epoch = history.groupby("epoch")[column]
        metric_name = column if column.endswith("loss") else f"epochs/{column}"
        for name, expected in ((metric_name, by_epoch.mean()), (f"{metric_name}_sd", by_epoch.std())):
            logged = {number.step: number.value for number in numbers if number.name == name}
            assert logged == pytest.approx(expected.to_dict())


def test_final_scores_have_their_interval(make_run):
    # every prediction of seeds 0, 1 and 2 is off by 0.1, 0.2 and 0.3: mse 0.01, 0.04 and 0.09
    numbers = by_name(contents.numbers(make_run("mse"), "mse"))
    sd = np.std([0.01, 0.04, 0.09], ddof=1)
    half_width = 4.302653 * sd / np.sqrt(3)  # Student's t, two degrees of freedom
    mean = 0.14 / 3
    expected = {"": mean, "_sd": sd, "_low": mean - half_width, "_high": mean + half_width}
    for name in ("final/train_mse", "decides/test_mse"):
        assert {end: numbers[f"{name}{end}"] for end in expected} == pytest.approx(expected, rel=1e-5)
    assert numbers["final/failed_seeds"] == 0


@pytest.mark.parametrize("headline", ["mse", "rmse"])
def test_in_mlflows_order_the_score_that_decides_is_first_and_the_losses_are_last(make_run, make_tuning, headline):
    run = make_run("mse", tuning=make_tuning())
    names = {number.name for number in contents.numbers(run, headline)}
    # by section, those without one last, as MLflow 3.17 sorts them
    ordered = sorted(names, key=lambda name: ("/" not in name, name))
    assert ordered[0] == contents.deciding(headline) == f"decides/test_{headline}"
    assert [name for name in ordered if name.startswith("decides")] == ordered[:4]
    assert set(ordered[-4:]) == {"loss", "loss_sd", "val_loss", "val_loss_sd"}


def test_a_single_seed_has_no_standard_deviation_and_no_interval(make_run):
    names = {number.name for number in contents.numbers(make_run("mse", n_seeds=1), "mse")}
    assert {"loss", "epochs/val_mse", "decides/test_mse"} <= names
    assert not {name for name in names if name.endswith(("_sd", "_low", "_high"))}


def test_of_a_run_whose_seeds_all_failed_there_is_only_how_many(make_run):
    run = make_run("mse", failed=(0, 1, 2))
    assert by_name(contents.numbers(run, "mse")) == {"final/failed_seeds": 3}
    assert contents.numbers_of_seeds(run, "mse") == {0: [], 1: [], 2: []}


def test_each_seed_has_its_own_final_scores(make_run):
    numbers = contents.numbers_of_seeds(make_run("mse", failed=(1,)), "mse")
    assert {seed: bool(scores) for seed, scores in numbers.items()} == {0: True, 1: False, 2: True}
    assert by_name(numbers[2])["decides/test_mse"] == pytest.approx(0.09, rel=1e-5)


def test_rows_are_known_by_the_md5_of_their_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths.SCALED.mkdir(parents=True)
    (paths.SCALED / "circles.parquet").write_bytes(b"circles")
    file = contents.scaled_file("circles")
    assert (file.name, file.path.as_posix()) == ("circles", "data/scaled/circles.parquet")
    assert file.md5 == "a8163da6de06656113b77e5ec66c6c53"


def test_a_tuned_run_has_the_rate_and_the_epochs_that_were_chosen_as_parameters(make_run, make_tuning):
    parameters = contents.parameters(make_run("mse", tuning=make_tuning(), epochs=4))
    assert (parameters["optimizer.learning_rate"], parameters["epochs"]) == (0.01, 2)
    assert parameters["tuning.learning_rates"] == [0.001, 0.01, 0.1]
    assert (parameters["tuning.epochs"], parameters["tuning.score"]) == (4, "mse")
    assert (parameters["optimizer.schedule"], parameters["tuning.schedules"]) == ("constant", ["constant"])
    assert parameters["tuning.firmness"] == 0.83
    assert not [name for name in contents.parameters(make_run("mse")) if name.startswith("tuning")]


def test_what_each_rate_came_to_is_a_history_of_its_own(make_run, make_tuning):
    numbers = list(contents.numbers(make_run("mse", tuning=make_tuning()), "mse"))
    for name, expected in (("tuning/mse", {1: 3, 2: 1, 3: 8}), ("tuning/learning_rate", {1: 0.001, 2: 0.01, 3: 0.1})):
        assert {number.step: number.value for number in numbers if number.name == name} == expected


def test_figures_are_those_that_are_named_and_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert contents.figures(["fair-scores.svg"]) == []
    paths.FIGURES.mkdir(parents=True)
    for name in ("fair-scores.svg", "fair-tuning.svg"):
        (paths.FIGURES / name).write_bytes(b"")
    assert contents.figures(["fair-tuning.svg", "fair-forest.svg"]) == [paths.FIGURES / "fair-tuning.svg"]


@pytest.mark.parametrize(("n_epochs", "n_points"), [(1, 1), (3, 3), (100, 100), (101, 100), (5000, 100)])
def test_a_curve_has_at_most_100_points_the_first_and_the_last_among_them(n_epochs, n_points):
    shown = contents.epochs_shown(n_epochs)
    assert len(shown) == len(set(shown)) == n_points
    assert (shown[0], shown[-1]) == (1, n_epochs)
    assert max(np.diff(shown), default=1) <= -(-n_epochs // 99)


def test_the_curves_of_a_long_training_are_thinned(make_run):
    run = make_run("mse", epochs=450)
    numbers = [number for number in contents.numbers(run, "mse") if number.name == "val_loss"]
    assert len(numbers) == 100
    values = run.epochs("val_loss")[run.finished].mean(axis=0)
    assert {number.step: number.value for number in numbers} == {
        number.step: pytest.approx(values[number.step - 1]) for number in numbers
    }


def test_the_score_that_decides_is_that_of_the_verdict_and_what_the_losses_own_rule_gives_stands_beside(make_run):
    run = contents.as_decided(make_run("hinge"), "accuracy", [0.5, None, 0.75])
    numbers = by_name(contents.numbers(run, "accuracy"))
    assert numbers["decides/test_accuracy"] == pytest.approx(0.625)
    assert numbers["final/test_accuracy_by_its_own_rule"] == 1
    assert by_name(contents.numbers_of_seeds(run, "accuracy")[2])["decides/test_accuracy"] == 0.75
    same = make_run("hinge")
    assert contents.as_decided(same, "accuracy", None) is same
