"""What is written is what was scored: whoever reads the file of the predictions finds the score that was printed."""

import contextlib
import io
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.preprocessing import StandardScaler

from stages.winners import app
from tests.winners.untrained import predictor_of, write_winners

N_ROWS = 60
# by comparison: the target's center and spread, and the loss
VALUES = {
    "northing": (5812346.0, 0.4, "mse"),
    "far": (1e12, 1.0, "mae"),
    "below": (-3e9, 1e-3, {"loss": "mse", "target": "robust", "as": "robust"}),
    "tiny": (0.0, 1e-12, "huber"),
    "huge": (0.0, 1e18, {"loss": "mse", "target": "minmax", "as": "minmax"}),
    "prices": (3e5, 5e4, {"loss": "mse", "target": "log", "as": "logs"}),
    "precise": (5812346.0, 0.4, {"loss": "mse", "target": "log", "as": "logs"}),
    "shares": (1e-9, 1e-10, {"loss": "mape", "target": "ratio"}),
    "quantile": (100.0, 7.0, {"loss": "pinball", "quantile": 0.9, "as": "p90"}),
    "intervals": (100.0, 7.0, {"loss": "pinball", "quantiles": [0.1, 0.5, 0.9], "as": "three"}),
    "likely": (-40.0, 0.1, {"loss": "gaussian", "beta": 0.5}),
    "scaled": (250.0, 80.0, "mse"),
    "weighted": (-40.0, 3.0, "mse"),
}
CLASSES = {
    "yes_no": ("binary_crossentropy", "log_loss"),
    "margins": ("hinge", "roc_auc"),
    "kinds": ("categorical_crossentropy", "brier"),
    "votes": ("categorical_hinge", "f1_macro"),
    "rare": ("sparse_categorical_crossentropy", "balanced_accuracy"),
}
HEADLINES = dict.fromkeys(VALUES, "rmse") | {name: score for name, (_, score) in CLASSES.items()}
HEADLINES |= {"scaled": "mse", "shares": "mape", "quantile": "pinball_0.9", "prices": "rmsle", "far": "r2"}
HEADLINES |= {"intervals": "interval_score_80", "likely": "interval_score_80"}
HEADLINES |= {"several": "cosine_similarity"}


def tables():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.normal(size=N_ROWS).round(4), "b": rng.normal(size=N_ROWS).round(4)})
    shape = 1 + rows["a"].abs() + 0.1 * rows["b"]
    made = {name: rows.assign(y=center + spread * shape) for name, (center, spread, _) in VALUES.items()}
    made["weighted"] = made["weighted"].assign(people=rng.integers(1, 9, N_ROWS))
    made["several"] = rows.assign(east=1e-12 * shape, north=5e6 + rows["b"], up=1e18 * rows["a"])
    for name in CLASSES:
        words = ["no", "yes"] if name in ("yes_no", "margins") else ["red", "green or so", "blue"]
        made[name] = rows.assign(y=np.array(words)[np.arange(N_ROWS) % len(words)])
    return made


def params():
    sources = {name: {"file": f"data/external/{name}.csv", "target": "y"} for name in HEADLINES}
    sources["several"]["target"] = ["east", "north", "up"]
    sources["weighted"]["weight"] = "people"
    losses = {name: loss for name, (_, _, loss) in VALUES.items()} | {name: loss for name, (loss, _) in CLASSES.items()}
    losses["several"] = "mse"
    return {
        "loss": "all",
        "datasets": {name: {"source": source} for name, source in sources.items()},
        "comparisons": {name: {"hidden": [], "epochs": 1, "losses": [loss]} for name, loss in losses.items()},
        "train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": 0.1}},
        "report": {"headline": HEADLINES},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project's folder with the winner of each comparison."""
    made = tables()
    return write_winners(
        tmp_path_factory.mktemp("project"),
        params(),
        lambda folder: [table.to_csv(folder / f"{name}.csv", index=False) for name, table in made.items()],
    )


def outputs_for(folder, name, rows, seed, error):
    """What ten networks may put out that are so far from the truth, in units of their outputs."""
    rng, winner = np.random.default_rng(seed), predictor_of(folder, name, np.empty(0)).winner
    noise = error * rng.normal(
        size=(10, len(rows), winner.settings.loss.n_outputs(winner.description.n_classes, winner.description.n_targets))
    )
    if winner.description.classes:
        indices = rows["y"].map(winner.description.classes.index)
        truth = np.eye(winner.description.n_classes)[indices]
        margins = (2 * truth - 1 if noise.shape[-1] > 1 else 2 * truth[:, 1:] - 1) + noise
        if not winner.settings.loss.outputs_probability:
            return margins
        if noise.shape[-1] == 1:
            return 1 / (1 + np.exp(-margins))
        return np.exp(margins) / np.exp(margins).sum(axis=-1, keepdims=True)
    truth = rows[winner.description.targets].to_numpy()
    scaling = predictor_of(folder, name, np.empty(0))._scaling
    changed = np.log1p(truth) if winner.settings.loss.target_transform == "log" else truth
    return (changed - scaling.target_center[0]) / scaling.target_spread[0] + noise


# scores that scikit-learn has, of the truth, the predictions and the weights
PLAIN = {
    "rmse": lambda truth, predicted, weights: metrics.root_mean_squared_error(truth, predicted, sample_weight=weights),
    "mae": lambda truth, predicted, weights: metrics.mean_absolute_error(truth, predicted, sample_weight=weights),
    "r2": lambda truth, predicted, _: metrics.r2_score(truth, predicted),
    "mape": lambda truth, predicted, _: 100 * metrics.mean_absolute_percentage_error(truth, predicted),
    "rmsle": lambda truth, predicted, _: metrics.root_mean_squared_log_error(truth, predicted),
    "pinball_0.9": lambda truth, predicted, _: metrics.mean_pinball_loss(truth, predicted, alpha=0.9),
    "accuracy": lambda truth, predicted, _: metrics.accuracy_score(truth, predicted),
    "balanced_accuracy": lambda truth, predicted, _: metrics.balanced_accuracy_score(truth, predicted),
    "f1_macro": lambda truth, predicted, _: metrics.f1_score(truth, predicted, average="macro"),
}
# and of class indices and what stands in the columns of the classes
OF_SHARES = {
    "roc_auc": lambda indices, shares: metrics.roc_auc_score(indices, shares[:, 1]),
    "log_loss": metrics.log_loss,
    "brier": lambda indices, shares: ((shares - np.eye(shares.shape[1])[indices]) ** 2).sum(axis=1).mean(),
}


def score_of(rows, score, trained):
    """A score by pandas and scikit-learn alone, from the rows of a file of predictions."""
    if score == "interval_score_80":
        low, high, truth = (rows[name].to_numpy() for name in ("q0.1", "q0.9", "y"))
        return (high - low + 10 * np.maximum(low - truth, 0) + 10 * np.maximum(truth - high, 0)).mean()
    targets = ["y"] if "y" in rows else ["east", "north", "up"]
    truth, predicted = rows[targets].to_numpy(), rows.filter(regex="^prediction").to_numpy()
    if score in ("mse", "cosine_similarity"):
        scaler = StandardScaler().fit(trained[targets].to_numpy())
        truth, predicted = scaler.transform(truth), scaler.transform(predicted)
        if score == "mse":
            return metrics.mean_squared_error(truth, predicted)
        return np.diag(metrics.pairwise.cosine_similarity(truth, predicted)).mean()
    if score in PLAIN:
        return PLAIN[score](truth, predicted, rows.get("people"))
    shares = rows.filter(regex="^(p|votes)_")
    names = [column.partition("_")[2] for column in shares]
    return OF_SHARES[score](rows["y"].map(names.index), shares.to_numpy())


def scores_in(printed):
    """The scores in what was printed, by name."""
    [line] = [line for line in printed.splitlines() if " rows with " in line]
    told = line.partition(": ")[2].partition(": ")[2].partition(" (rows that")[0]
    return dict(each.replace(",", "").split(" ") for each in told.split(", "))


def last_digit(shown):
    """What one more in the last digit of a number that is printed comes to: three digits, or whole numbers."""
    size = math.floor(math.log10(abs(float(shown)) or 1))
    return 1.0 if 3 <= size < 9 else 10.0 ** (size - 2)


@pytest.mark.parametrize("name", HEADLINES)
@given(
    seed=st.integers(0, 1000),
    error=st.sampled_from([1e-5, 0.01, 0.3, 2]),
    how=st.sampled_from([{}, {"sep": ";"}, {"sep": "\t", "decimal": ","}, {"sep": ";", "decimal": ","}]),
)
@settings(max_examples=8)
def test_the_score_of_the_file_is_the_score_that_is_printed(folder, tmp_path_factory, name, *, seed, error, how):
    trained, place = tables()[name], tmp_path_factory.mktemp("new")
    rows = trained.sample(40, random_state=seed, ignore_index=True)
    rows.to_csv(place / "new.csv", index=False, **how)
    predictor = predictor_of(folder, name, outputs_for(folder, name, rows, seed, error))
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        app.predict_file(predictor, place / "new.csv", place / "out.csv")
    assert (", weighted by people: " in printed.getvalue()) == (name == "weighted")
    told, written = scores_in(printed.getvalue()), pd.read_csv(place / "out.csv", **how)
    assert HEADLINES[name] in told
    for score, shown in told.items():
        assert abs(score_of(written, score, trained) - float(shown)) <= 0.5001 * last_digit(shown), (score, shown)
    predictions = predictor.predict(rows).table
    assert (written[list(predictions)].nunique() == predictions.nunique()).all()  # no two have become one
