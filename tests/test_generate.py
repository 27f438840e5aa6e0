import inspect

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import datasets

from stages import generate
from stages.params.source import MakeBlobs, MakeCircles, MakeRegression

# arguments of scikit-learn's that change what is returned, not the problem
LEFT_OUT = {"make_regression": {"n_targets", "coef"}, "make_circles": set(), "make_blobs": {"return_centers"}}
SOURCES = {
    "make_regression": MakeRegression,
    "make_circles": MakeCircles,
    "make_blobs": MakeBlobs,
}


@pytest.mark.parametrize(
    ("name", "features", "target"),
    [
        (
            "regression",
            *datasets.make_regression(n_samples=1000, n_features=20, noise=0.1, random_state=1),
        ),
        ("circles", *datasets.make_circles(n_samples=1000, noise=0.1, random_state=1)),
        ("blobs", *datasets.make_blobs(n_samples=1000, centers=3, n_features=2, cluster_std=2, random_state=2)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_default_dataset_is_what_scikit_learn_makes(loaded, name, features, target):
    source = loaded.datasets[name].source
    table = generate.generate(**source.model_dump())
    assert list(table) == [*(f"x{i + 1}" for i in range(features.shape[1])), "target"]
    np.testing.assert_array_equal(table.drop(columns="target"), features)
    np.testing.assert_array_equal(table["target"], target)


@pytest.mark.parametrize("generator", SOURCES)
def test_every_argument_of_a_generator_can_be_given_but_those_left_out(generator):
    known = set(inspect.signature(getattr(datasets, generator)).parameters)
    assert set(SOURCES[generator].model_fields) - {"generator"} == known - LEFT_OUT[generator]


@pytest.mark.parametrize("generator", SOURCES)
def test_arguments_not_given_are_scikit_learns_own_defaults(generator):
    ours = SOURCES[generator](generator=generator, random_state=0).model_dump(exclude={"generator", "random_state"})
    theirs = inspect.signature(getattr(datasets, generator)).parameters
    expected = {name: theirs[name].default for name in ours}
    if generator == "make_blobs":
        expected["centers"] = 3  # scikit-learn's None means three centers
    assert ours == expected


def test_every_generator_of_the_parameters_is_tested(loaded):
    assert {dataset.source.generator for dataset in loaded.datasets.values()} == set(SOURCES)


@settings(max_examples=25, deadline=None)
@given(n_samples=st.integers(2, 30), centers=st.integers(2, 5), seed=st.integers(0, 2**32 - 1))
def test_a_dataset_has_the_rows_asked_for_and_is_the_same_every_time(n_samples, centers, seed):
    source = {"generator": "make_blobs", "n_samples": n_samples, "centers": centers, "random_state": seed}
    table = generate.generate(**source)
    assert table.shape == (n_samples, 3)
    assert table["target"].between(0, centers - 1).all()
    pd.testing.assert_frame_equal(table, generate.generate(**source))


def test_the_stage_writes_each_dataset_and_nothing_else(tmp_path, monkeypatch, defaults, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(defaults))
    generate.main()
    assert sorted(path.name for path in (tmp_path / "data/raw").iterdir()) == [
        f"{name}.{ending}" for name in ("blobs", "circles", "regression") for ending in ("json", "parquet")
    ]
    written = pd.read_parquet("data/raw/circles.parquet")
    pd.testing.assert_frame_equal(written, generate.generate(**defaults["datasets"]["circles"]["source"]))
    assert capsys.readouterr().out == "generate: 3 datasets in data/raw\n"


def test_the_same_parameters_write_the_same_bytes(tmp_path, monkeypatch, defaults):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(defaults))
    written = []
    for _ in range(2):
        generate.main()
        written.append({path.name: path.read_bytes() for path in (tmp_path / "data/raw").iterdir()})
    assert written[0] == written[1]
