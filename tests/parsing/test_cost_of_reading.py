"""What it costs to read a CSV file, next to what pandas takes to read it alone."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.params.schema import Dataset
from stages.params.source import Table
from stages.parsing import reading
from stages.sources import describe

KEY = "params.yaml: datasets.own.source"
AT_MOST = 3  # times the time and the memory of pandas

# the largest memory of a process that reads a file, in bytes, beyond what it takes to begin
_MEMORY = r"""
import re, sys
import pandas as pd
from stages.params.source import Table
from stages.parsing import reading
def peak():
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
pd.read_csv("few.csv"), reading.read(Table(file="few.csv", target="y"), "key")
before = peak()
table = pd.read_csv("own.csv") if sys.argv[1] == "pandas" else reading.read(Table(file="own.csv", target="y"), "key")
print(peak() - before)
"""


def written(n_rows):
    drawn = np.random.default_rng(0)
    columns = {f"x{number}": drawn.normal(size=n_rows).round(4) for number in range(10)}
    columns |= {f"n{number}": drawn.integers(0, 1000, n_rows) for number in range(4)}
    columns |= {f"c{number}": drawn.choice(["red", "green", "blue", "yellow"], n_rows) for number in range(3)}
    columns["at"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(drawn.integers(0, 10**7, n_rows), unit="s")
    table = pd.DataFrame(columns | {"new": drawn.choice([True, False], n_rows), "y": columns["x0"] * 2})
    table.to_csv("own.csv", index=False)
    table.head(50).to_csv("few.csv", index=False)
    return table


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_file_is_parsed_once_and_its_beginning_once_more(monkeypatch):
    written(12_000)
    parsed, read_csv = [], pd.read_csv

    def counted(*arguments, **settings):
        table = read_csv(*arguments, **settings)
        parsed.append(len(table))
        return table

    monkeypatch.setattr(pd, "read_csv", counted)
    assert len(reading.read(Table(file="own.csv", target="y"), KEY).table) == 12_000
    assert sorted(parsed) == [1, 10_000, 12_000]  # the heading, what shows the kinds of columns, and all


@pytest.mark.parametrize("end", ["", "\n", "\n\n\r\n"])
@pytest.mark.parametrize("blank", ["", " \t"])
def test_rows_are_counted_as_they_stand_whatever_lines_are_empty(end, blank):
    Path("own.csv").write_text(f"x,y\n1,2\n{blank}\n3,4\n5,6{end}", encoding="utf-8")
    assert reading.read(Table(file="own.csv", target="y"), KEY).rows.tolist() == [1, 3, 4]
    Path("own.csv").write_text(f'x,y\n"1\n0",2\n3,4{end}', encoding="utf-8")
    assert reading.read(Table(file="own.csv", target="y"), KEY).rows.tolist() == [1, 2]


@pytest.mark.parametrize("code", ["007", "1E5", "TRUE", "0"])
def test_codes_stay_as_they_are_written_also_in_rows_that_show_no_kind(code):
    n_rows = 10_100
    cells = [code] * n_rows
    lines = [f"{cell},{'' if row < n_rows - 9 else ' x'},{row % 7}" for row, cell in enumerate(cells)]
    Path("own.csv").write_text("\n".join(["code,late,y", *lines]), encoding="utf-8")
    table = reading.read(Table(file="own.csv", target="y", columns={"code": "category"}), KEY).table
    assert set(table["code"]) == {code}
    assert set(table["late"].dropna()) == {"x"}


@pytest.mark.endurance
def test_many_columns_cost_no_more_beside_many_rows_than_they_cost_pandas():
    drawn = np.random.default_rng(0)
    for name, n_rows, n_columns in (("wide", 60, 3000), ("long", 6000, 30)):
        table = pd.DataFrame(drawn.normal(size=(n_rows, n_columns)).round(4)).add_prefix("x")
        table.assign(y=drawn.normal(size=n_rows)).to_csv(f"{name}.csv", index=False)

    def ours(name):
        describe.load("own", Dataset.model_validate({"source": {"file": f"{name}.csv", "target": "y"}}), {})

    seconds = {}
    for _ in range(4):
        for read in (ours, lambda name: pd.read_csv(f"{name}.csv")):
            for name in ("long", "wide"):
                start = time.process_time()
                read(name)
                seconds.setdefault((read is ours, name), []).append(time.process_time() - start)
    least = {key: min(each) for key, each in seconds.items()}
    ratio, of_pandas = (least[by, "wide"] / least[by, "long"] for by in (True, False))
    print(f"wide {ratio:.1f} of long, by pandas {of_pandas:.1f}")
    assert ratio <= 1.2 * of_pandas


@pytest.mark.endurance
def test_a_million_rows_cost_no_more_than_three_times_what_they_cost_pandas():
    written(1_000_000)

    def seconds(read):
        start = time.process_time()
        read()
        return time.process_time() - start

    ours, of_pandas = [], []
    for _ in range(4):
        of_pandas.append(seconds(lambda: pd.read_csv("own.csv")))
        ours.append(seconds(lambda: reading.read(Table(file="own.csv", target="y"), KEY)))
    run = {"capture_output": True, "env": os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}}
    memory = {
        name: int(subprocess.run([sys.executable, "-c", _MEMORY, name], check=True, **run).stdout)
        for name in ("pandas", "ours")
    }
    assert min(ours) <= AT_MOST * min(of_pandas), (ours, of_pandas)
    assert memory["ours"] <= AT_MOST * memory["pandas"], memory
    print(f"time {min(ours) / min(of_pandas):.2f}, memory {memory['ours'] / memory['pandas']:.2f} of pandas'")
