"""Winners of rates and of targets of different kinds: what they answer, and how their answers are scored."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from stages.basics.cli import UserError
from stages.tracking import registry
from stages.winners import app
from tests.winners.untrained import predictor_of, write_winners

N_ROWS = 60
HEADS = {"price": "mse", "sold": "binary_crossentropy"}
SOURCE = {"file": "data/external/own.csv"}
PARAMS = {
    "datasets": {
        "rates": {"source": {**SOURCE, "target": "claims", "exposure": "years", "features": ["x"]}},
        "homes": {"source": {**SOURCE, "target": ["price", "sold"], "features": ["x"]}},
        "hours": {"source": {**SOURCE, "target": "hour", "features": ["x"]}, "period": 24},
        "degrees": {"source": {**SOURCE, "target": "degrees", "features": ["x"]}, "period": 360},
    },
    "comparisons": {
        "rates": {"losses": ["mse"], "hidden": []},
        "homes": {"losses": [{"losses": HEADS}], "hidden": []},
        "hours": {"losses": ["mse"], "hidden": []},
        "degrees": {"losses": ["von_mises"], "hidden": []},
    },
    "train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": 0.1}, "references": False},
    "report": {
        "headline": {
            "rates": "rmse",
            "homes": "r2",
            "hours": "circular_error_24",
            "degrees": "circular_error_360",
        }
    },
}


def rows():
    generator = np.random.default_rng(0)
    years = generator.uniform(0.2, 3, N_ROWS).round(2)
    sold = np.where(generator.random(N_ROWS) < 0.5, "yes", "no")
    return pd.DataFrame(
        {
            "x": generator.normal(size=N_ROWS).round(3),
            "claims": generator.poisson(2 * years),
            "years": years,
            "price": generator.normal(1000, 100, N_ROWS).round(),
            "sold": sold,
            "hour": generator.uniform(0, 24, N_ROWS).round(1),
            "degrees": generator.uniform(-180, 180, N_ROWS).round(),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_winners(
        tmp_path_factory.mktemp("winners"), PARAMS, lambda place: rows().to_csv(place / "own.csv", index=False)
    )


def test_what_is_predicted_is_the_rate_times_the_exposure_and_rates_are_scored(folder, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    outputs = np.random.default_rng(1).normal(size=(10, N_ROWS, 1))
    predictor, new = predictor_of(folder, "rates", outputs), rows()
    scaling = predictor._scaling
    rate = outputs.mean(axis=0)[:, 0] * scaling.target_spread[0, 0] + scaling.target_center[0, 0]
    predicted = predictor.predict(new)
    np.testing.assert_allclose(predicted.table["prediction"], rate * new["years"], rtol=1e-5)
    np.testing.assert_allclose(predicted.outputs[:, 0], rate, rtol=1e-5)
    twice = predictor.predict(new.assign(years=2 * new["years"])).table
    np.testing.assert_allclose(twice, 2 * predicted.table, rtol=1e-6)

    new.to_csv("new.csv", index=False)
    app.predict_file(predictor, tmp_path / "new.csv", tmp_path / "out.csv")
    told = capsys.readouterr().out
    truth = new["claims"] / new["years"]
    rmse = metrics.root_mean_squared_error(truth, rate, sample_weight=new["years"])
    assert float(re.search(r"rmse ([\d.]+)", told)[1]) == pytest.approx(rmse, rel=1e-2)
    assert "weighted by years" in told


def test_new_rows_need_an_exposure_of_0_or_more(folder):
    predictor, new = predictor_of(folder, "rates", np.zeros((10, N_ROWS, 1))), rows()
    with pytest.raises(UserError, match="column 'years' is missing, which says for how long each row is observed"):
        predictor.predict(new.drop(columns="years"))
    with pytest.raises(UserError, match=r"row 3 holds -1.0 in 'years'; for how long each row is observed is a number"):
        predictor.predict(new.assign(years=new["years"].where(new.index != 2, -1.0)))
    assert predictor.winner.columns == ["x", "years"]
    assert predictor.winner.example["years"] == rows()["years"].head(len(predictor.winner.example["x"])).tolist()
    assert "years" in registry.signature(predictor.winner).inputs.input_names()


def test_numbers_and_probabilities_of_targets_of_both_kinds(folder, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    outputs = np.random.default_rng(1).normal(size=(10, N_ROWS, 2))
    predictor, new = predictor_of(folder, "homes", outputs), rows()
    scaling = predictor._scaling
    assert (scaling.target_center[0, 1], scaling.target_spread[0, 1]) == (0, 1)
    price = outputs[..., 0].mean(axis=0) * scaling.target_spread[0, 0] + scaling.target_center[0, 0]
    shares = 1 / (1 + np.exp(-outputs[..., 1]))
    table = predictor.predict(new).table
    assert list(table) == ["prediction_price", "spread_price", "prediction_sold", "spread_sold", "p_sold"]
    np.testing.assert_allclose(table["prediction_price"], price, rtol=1e-5)
    np.testing.assert_allclose(table["p_sold"], shares.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(table["spread_sold"], shares.std(axis=0, ddof=1), rtol=1e-4)
    assert table["prediction_sold"].tolist() == np.where(table["p_sold"] >= 0.5, "yes", "no").tolist()
    assert predictor.winner.in_words == ["prediction_sold"]

    new.to_csv("new.csv", index=False)
    app.predict_file(predictor, tmp_path / "new.csv", tmp_path / "out.csv")
    r2 = (metrics.r2_score(new["price"], price) + metrics.r2_score(new["sold"] == "yes", table["p_sold"])) / 2
    assert float(re.search(r"\br2 (-?[\d.]+)", capsys.readouterr().out)[1]) == pytest.approx(r2, abs=2e-3)


def around(values, middle, period):
    """Values as near to a middle as they can be, whole periods away from where they are."""
    return values - period * np.round((values - middle) / period)


@pytest.mark.parametrize(("name", "begins", "period"), [("hours", 0, 24), ("degrees", -180, 360)])
def test_values_that_begin_anew_are_predicted_in_one_turn_and_spread_and_score_the_shorter_way_round(
    folder, monkeypatch, tmp_path, capsys, *, name, begins, period
):
    monkeypatch.chdir(tmp_path)
    is_point = name == "degrees"
    outputs = np.random.default_rng(1).normal(0, 2, size=(10, N_ROWS, 1 + is_point))
    predictor, new = predictor_of(folder, name, outputs), rows()
    scaling = predictor._scaling
    if is_point:
        angle = np.degrees(np.arctan2(*outputs.mean(axis=0).T[::-1]))
        of_networks = np.degrees(np.arctan2(outputs[..., 1], outputs[..., 0]))
    else:
        of_networks = outputs[..., 0] * scaling.target_spread[0, 0] + scaling.target_center[0, 0]
        angle = of_networks.mean(axis=0)
        assert not ((angle >= begins) & (angle < begins + period)).all()
    table = predictor.predict(new).table
    assert table["prediction"].between(begins, begins + period, inclusive="left").all()
    np.testing.assert_allclose(np.cos((table["prediction"] - angle) * 2 * np.pi / period), 1, atol=1e-6)
    spread = around(of_networks, angle, period).std(axis=0, ddof=1)
    np.testing.assert_allclose(table["spread"], spread, rtol=1e-4)

    new.to_csv("new.csv", index=False)
    app.predict_file(predictor, tmp_path / "new.csv", tmp_path / "out.csv")
    error = np.abs(around(new[predictor.winner.description.targets[0]] - angle, 0, period)).mean()
    told = capsys.readouterr().out
    assert float(re.search(rf"circular_error_{period} ([\d.]+)", told)[1]) == pytest.approx(error, rel=1e-2)
    assert "rmse" not in told
