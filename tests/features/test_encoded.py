import numpy as np
import pandas as pd
import pytest

from stages.features import encoded, encoding
from stages.records import datasets, features
from stages.records.datasets import Column, Description

N_ROWS = 40


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes a table of these columns as numbers and reads it back; large where that is asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(features, "BLOCK", 21)  # numbers: seven rows at a time

    def made(columns, kinds, *, large):
        monkeypatch.setattr(features, "LARGE", 20 if large else 10**9)
        table = pd.DataFrame(columns).assign(target=np.arange(N_ROWS) / 3)
        described = [Column(name, kind, int(table[name].isna().sum())) for name, kind in kinds.items()]
        description = Description("regression", None, [], [], ["y"], ["table.csv"], None, N_ROWS, described)
        datasets.write_raw("houses", table, description)
        numbers = encoded.write("houses", "standard")
        return numbers, features.read("houses", description)

    return made


def columns(rng, start=0.0, step=1.0):
    size = start + step * rng.normal(size=N_ROWS)
    size[3] = np.nan
    return {"size": size, "rooms": rng.integers(9, size=N_ROWS), "kind": rng.choice(["flat", "house"], N_ROWS)}


KINDS = {"size": "number", "rooms": "number", "kind": "category"}


def test_a_large_table_is_the_same_numbers_in_a_file_of_its_own_mapped_to_memory(write):
    small_numbers, small = write(columns(np.random.default_rng(0)), KINDS, large=False)
    assert not features.scaled_path("houses").exists()
    numbers, large = write(columns(np.random.default_rng(0)), KINDS, large=True)
    assert isinstance(large, np.memmap)
    assert large.dtype == np.float32
    np.testing.assert_array_equal(large, small.astype(np.float32))
    np.testing.assert_array_equal(numbers.features, large)
    assert (numbers.kinds, numbers.treatments) == (small_numbers.kinds, small_numbers.treatments)
    labels = datasets.read_labels("houses", numbers.description)
    np.testing.assert_array_equal(labels[:, 0], np.arange(N_ROWS) / 3)
    assert list(pd.read_parquet("data/scaled/houses.parquet")) == ["target"]


def test_a_table_that_is_large_no_more_leaves_no_file(write):
    write(columns(np.random.default_rng(0)), KINDS, large=True)
    _, small = write(columns(np.random.default_rng(1)), KINDS, large=False)
    assert small.dtype == np.float64
    assert not isinstance(small, np.memmap)


@pytest.mark.parametrize(
    ("start", "step", "dtype"),
    [
        (0, 1, "float32"),
        (20_000, 300, "float32"),
        (1.7e9, 1e7, "float32"),
        (1e12, 1e3, "float64"),
        (1e39, 1e38, "float64"),
    ],
)
def test_where_float32_would_not_tell_numbers_apart_they_stay_float64(write, start, step, dtype):
    _, large = write(columns(np.random.default_rng(0), start, step), KINDS, large=True)
    assert large.dtype == dtype


def test_columns_without_texts_are_encoded_as_those_among_texts():
    rows = pd.DataFrame(columns(np.random.default_rng(0)))
    described = [Column(name, kind, 0) for name, kind in KINDS.items()]
    both, alone = encoding.fit(rows, described, "standard"), encoding.fit(rows, described[:2], "standard")
    np.testing.assert_array_equal(both.pipeline.transform(rows)[:, :2], alone.pipeline.transform(rows))
    assert alone.names == both.names[:2]
