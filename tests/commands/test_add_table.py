import difflib
import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from stages import generate, scale
from stages.basics.cli import UserError
from stages.budgets import making, probe
from stages.commands import add_table as add
from stages.commands import params_text
from stages.losses import validity
from stages.losses.catalogue import LOSSES, names_for
from stages.params import loss_entry
from stages.params.load import load_params, load_planned, read_plan
from stages.params.seeds import AtMost
from stages.records import datasets, plans
from stages.wording.validity import in_words

PARAMS = """# What I compare.
loss: all   # every one

datasets:   # what to learn from
  rings:
    source: {generator: make_circles, n_samples: 40, noise: 0.10, random_state: 1}   # two rings

  # a comment between
comparisons:
  rings:
    hidden: [3]   # small
    losses:
    - hinge   # the first
    - {loss: bce, as: 'smooth', label_smoothing: 0.10}

# how
train: {seeds: 2, batch_size: 8, optimizer: {name: SGD, learning_rate: 1.0e-2}}
report:
  margin: {rings: 0.01}
"""
USAGE = "make help names every key; usage: make try FILE=houses.csv TARGET=price"
HOUSES = "rooms,street,price\n" + "".join(f"{i % 7},{'abc'[i % 3]},{100 + 3.5 * i}\n" for i in range(60))
# half of the rows are of either class
SICK = "age,weight,sick\n" + "".join(f"{i * 7 % 31},{i * 5 % 17},{'no' if i % 2 else 'yes'}\n" for i in range(80))
# as many of each class, in whole numbers
KINDS = "width,height,kind\n" + "".join(f"{i * 7 % 31},{i * 5 % 17},{i % 3}\n" for i in range(60))
FIT_VALUES = "mse, mae, huber, log_cosh"
TRANSFORMED = (
    "{loss: msle, target: ratio}, {loss: mape, target: ratio}, {loss: poisson, target: ratio}, "
    "{loss: mse, target: log, as: mse_log}"
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder with parameters and a table beside it; gives a function that adds a table."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("params.yaml").write_text(PARAMS, encoding="utf-8")
    (tmp_path / "houses.csv").write_text(HOUSES, encoding="utf-8")
    (tmp_path / "sick.csv").write_text(SICK, encoding="utf-8")
    (tmp_path / "kinds.csv").write_text(KINDS, encoding="utf-8")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["add", *map(str, arguments)])
        add.main()

    return run


def added(before, after):
    """The lines that one text has more than another, of which nothing else may have changed."""
    changes = [
        line
        for line in difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
        if line[0] != " "
    ]
    assert all(line.startswith("+ ") for line in changes), changes
    return [line[2:] for line in changes]


def everything():
    """Every file of the project's folder and what it holds."""
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def test_a_dataset_and_a_comparison_are_added_and_the_table_is_copied(project, tmp_path):
    project(tmp_path / "houses.csv", "price")
    assert added(PARAMS, Path("params.yaml").read_text(encoding="utf-8")) == [
        "  houses:\n",
        "    source: {file: data/external/houses.csv, target: price}\n",
        "  houses:\n",
        f"    losses: [{FIT_VALUES}, {TRANSFORMED}]\n",
    ]
    assert Path("data/external/houses.csv").read_text(encoding="utf-8") == HOUSES
    assert sorted(map(str, everything())) == ["data/external/houses.csv", "params.yaml"]
    wanted = load_params()
    assert list(wanted.datasets) == list(wanted.comparisons) == ["rings", "houses"]
    assert wanted.datasets["houses"].source.file == "data/external/houses.csv"
    assert wanted.datasets["houses"].source.target == ["price"]
    assert wanted.comparisons["houses"].losses == [*FIT_VALUES.split(", "), *yaml.safe_load(f"[{TRANSFORMED}]")]


def test_the_projects_own_parameters_keep_every_line(project, tmp_path, defaults_text):
    Path("params.yaml").write_text(defaults_text, encoding="utf-8")
    project(tmp_path / "houses.csv", "price", "own.name-1")
    assert added(defaults_text, Path("params.yaml").read_text(encoding="utf-8")) == [
        "  own.name-1:\n",
        "    source: {file: data/external/houses.csv, target: price}\n",
        "  own.name-1:\n",
        f"    losses: [{FIT_VALUES}, {TRANSFORMED}]\n",
        "    seeds: {at_most: 60}\n",
        "    second_run: true\n",
    ]


def test_as_many_seeds_train_as_are_needed_unless_a_number_was_chosen_for_all(project, tmp_path, capsys):
    text = PARAMS.replace("seeds: 2, ", "")
    Path("params.yaml").write_text(text, encoding="utf-8")
    project(tmp_path / "houses.csv", "price")
    assert added(text, Path("params.yaml").read_text(encoding="utf-8"))[-1] == "    seeds: {at_most: 60}\n"
    assert load_params().setup("houses").seeds == AtMost(at_most=60)
    assert "at most 60: comparisons.houses.seeds\n" in capsys.readouterr().out
    Path("params.yaml").write_text(PARAMS, encoding="utf-8")
    project(tmp_path / "houses.csv", "price")
    assert load_params().setup("houses").seeds == 2


def test_losses_that_are_tuned_are_tried_with_another_optimizer_and_a_wider_network_unless_all_are(
    project, tmp_path, defaults_text
):
    tuned = defaults_text.replace("second_run: false", "second_run: true")
    Path("params.yaml").write_text(tuned, encoding="utf-8")
    project(tmp_path / "houses.csv", "price")
    assert "second_run" not in "".join(added(tuned, Path("params.yaml").read_text(encoding="utf-8")))
    assert load_params().asks_for_second_run("houses")


def test_a_table_that_would_take_longer_than_ten_minutes_gets_a_budget_and_a_plan_said_in_a_line(
    project, tmp_path, monkeypatch, capsys
):
    """With half of ten minutes, so that a small table will do."""
    monkeypatch.setattr(add, "BUDGET", "5m")
    monkeypatch.setattr(probe, "LONG", 0.05)
    Path("params.yaml").write_text(PARAMS.replace("seeds: 2, ", ""), encoding="utf-8")
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(100_000, 2)).round(3), columns=["a", "y"])
    table.to_csv(tmp_path / "large.csv", index=False)
    project(tmp_path / "large.csv", "y")
    params = load_planned()
    sizes = params.setup("large").sizes
    assert params.comparisons["large"].budget == "5m"
    assert sizes.rows < 90_000
    said = " ".join(capsys.readouterr().out.split())
    assert re.search(
        rf"try: the full plan would take [\d,]+ (min|h)( \d+ min)?; planned for 5m: {sizes.rows:,} of 90,000 rows, "
        r"10 seeds( at first)?, (horizons of [\d,]+ to )?[\d,]+ steps \(comparisons.large.budget: none for all\); "
        r"data/budgets/large.yaml holds the plan",
        said,
    )


def test_a_table_that_takes_no_time_gets_no_budget_and_nothing_is_probed(project, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "probe", None)
    project(tmp_path / "houses.csv", "price")
    assert "budget" not in Path("params.yaml").read_text(encoding="utf-8")
    assert not Path("data/budgets").exists()


def test_a_budget_that_the_user_chose_for_all_is_planned_for(project, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(probe, "LONG", 0.05)
    Path("params.yaml").write_text(PARAMS.replace("seeds: 2, ", "seeds: 2, budget: 2h, "), encoding="utf-8")
    project(tmp_path / "sick.csv", "sick")
    assert read_plan(load_params(), "sick").sizes is None
    assert Path("data/budgets/sick.yaml").read_text(encoding="utf-8").startswith("# What sick trains within its")
    assert re.search(r"try: all of it takes \d+ min, within 2h; ", " ".join(capsys.readouterr().out.split()))


def test_several_tables_are_added_one_after_another(project, tmp_path):
    project(tmp_path / "houses.csv", "price")
    project(tmp_path / "houses.csv", "street", "streets")
    project(tmp_path / "sick.csv", "sick")
    assert len(added(PARAMS, Path("params.yaml").read_text(encoding="utf-8"))) == 3 * 4
    wanted = load_params()
    assert list(wanted.comparisons) == ["rings", "houses", "streets", "sick"]
    assert wanted.datasets["streets"].source.target == ["street"]


def test_what_was_done_is_told_with_the_reason_of_every_loss_left_out(project, tmp_path, capsys):
    project(tmp_path / "sick.csv", "sick")
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("try: ")]
    batch = "works, but: it has one value for each batch of 8, so it depends on the batch size"
    assert told[:4] == [
        "try: sick: two different values (no, yes), so the task is binary (for another: task: multiclass under "
        "datasets.sick in params.yaml)",
        f"try: left out: dice {batch}",
        f"try: left out: tversky {batch}",
        "try: added datasets.sick and comparisons.sick (binary_crossentropy, hinge, squared_hinge, "
        "binary_focal_crossentropy, brier) to params.yaml",
    ]
    assert "dvc add data/external/sick.csv" in "\n".join(told[4:])


@pytest.mark.parametrize(("table", "target"), [("houses", "price"), ("sick", "sick"), ("kinds", "kind")])
def test_the_losses_added_are_those_that_fit_what_they_will_see(project, tmp_path, capsys, table, target):
    project(tmp_path / f"{table}.csv", target)
    told = capsys.readouterr().out
    generate.main()
    scale.main()
    description, plan = datasets.read_encoded(table).description, plans.read_plan(table)
    labels = datasets.read_labels(table, description)
    losses = [
        LOSSES[name] for name in names_for(description.task) if LOSSES[name].offered and not LOSSES[name].needs_order
    ]
    if table == "houses":  # whose prices are never negative
        transformed = [loss_entry.resolve(entry, "regression") for entry in yaml.safe_load(f"[{TRANSFORMED}]")]
        losses = [loss for loss in losses if loss.name not in ("msle", "mape", "poisson")] + transformed
    judged = validity.judge_all(losses, plans.seen_by_losses(plan, description, labels, batch_size=8))
    fitting = [name for name, each in judged.items() if each.level == "fits"]
    assert [loss.name for loss in load_params().setup(table).losses] == fitting != []
    assert load_params().setup(table).losses == [loss for loss in losses if loss.name in fitting]
    left_out = [f"try: left out: {name} {in_words(each)}" for name, each in judged.items() if name not in fitting]
    assert [line for line in told.splitlines() if "left out" in line] == left_out


def test_a_target_between_0_and_1_is_offered_losses_whose_predictions_stay_there(project, tmp_path, capsys):
    rows = "".join(f"{i * 7 % 31},{i % 23 / 22}\n" for i in range(60))
    (tmp_path / "rates.csv").write_text(f"x,rate\n{rows}")
    project(tmp_path / "rates.csv", "rate")
    out = capsys.readouterr().out
    sigmoid = "activation: sigmoid, target: none"
    added_losses = load_params().comparisons["rates"].losses
    assert added_losses == yaml.safe_load(
        f"[mse, mae, huber, log_cosh, share_crossentropy, {{loss: mse, {sigmoid}, as: mse_sigmoid}}, "
        f"{{loss: mae, {sigmoid}, as: mae_sigmoid}}]"
    )
    assert (
        "try: 'rate' lies between 0 and 1 in every row; predictions of share_crossentropy, mse_sigmoid, mae_sigmoid do "
        "too, those of others may not; if it is no share, take these out: comparisons.rates.losses in params.yaml\n"
    ) in out


@pytest.mark.parametrize(
    ("target", "value", "line"),
    [
        ("visits", lambda i: i * 7 % 31 % 17,
         "holds small whole numbers, none below 0, and may be a count; for that there is {loss: poisson, target: "
         "ratio} under comparisons.seen.losses, and to judge by headline: {seen: poisson_deviance}"),
        ("cost", lambda i: i * 7 % 31 * 1.5 * (i % 4 > 0),
         "is 0 in 28 % of the rows and above 0 in the others; for that there is tweedie, hurdle under "
         "comparisons.seen.losses, and to judge by headline: {seen: tweedie_deviance_1.5}"),
        ("price", lambda i: 100 + i * 7 % 31, None),
        ("hour", lambda i: 1 + i * 7 % 31 / 31, None),
    ],
)  # fmt: skip
def test_what_else_a_target_may_be_is_said_with_the_keys_for_it(project, tmp_path, capsys, *, target, value, line):
    rows = "".join(f"{i * 5 % 29},{value(i)}\n" for i in range(90))
    (tmp_path / "seen.csv").write_text(f"x,{target}\n{rows}")
    project(tmp_path / "seen.csv", target, "", "task: regression")
    out = capsys.readouterr().out
    assert (f"try: '{target}' {line} under report in params.yaml\n" in out) if line else "for that there is" not in out


@pytest.mark.parametrize("value", [lambda i: i * 7 % 31 / 31 * 24, lambda i: 6 + i * 7 % 18], ids=["parts", "whole"])
def test_hours_are_said_to_begin_anew_and_with_their_period_are_offered_losses_on_the_circle(
    project, tmp_path, capsys, value
):
    rows = "".join(f"{i * 5 % 29},{value(i)}\n" for i in range(90))
    (tmp_path / "calls.csv").write_text(f"x,hour\n{rows}")
    project(tmp_path / "calls.csv", "hour")
    assert (
        "try: 'hour' may begin anew after 24, so that 23 is next to 0; as such it has losses on the circle, judged by "
        "the error the shorter way round: make try … AS=calls_circle WITH='period: 24'\n"
    ) in (out := capsys.readouterr().out)
    assert not {"grades", "count"} & set(out.split())
    project(tmp_path / "calls.csv", "hour", "calls_circle", "period: 24")
    out = capsys.readouterr().out
    assert "try: hour begins anew after 24; predicted from 0 to below 24, so errors are the shorter way round\n" in out
    assert "may begin anew" not in out
    assert "comparisons.calls_circle (mse, mae, circular_mse, circular_distance, von_mises)" in out
    params = load_params()
    assert params.datasets["calls_circle"].period == 24
    assert params.comparisons["calls_circle"].losses == ["mse", "mae", "circular_mse", "circular_distance", "von_mises"]


def test_whole_numbers_may_be_grades_and_with_their_order_are_offered_losses_of_ranks(project, tmp_path, capsys):
    rows = "".join(f"{i * 7 % 31},{3 + i * i % 7 % 5}\n" for i in range(90))
    (tmp_path / "wines.csv").write_text(f"x,quality\n{rows}")
    project(tmp_path / "wines.csv", "quality")
    assert (
        "try: 'quality' may be grades, of which 3 is nearer to 4 than to 5; as such they have losses of ranks, judged "
        "by how many grades a decision is off: make try … AS=wines_graded WITH='order: [3, 4, 5, 7]'\n"
    ) in capsys.readouterr().out
    plain = load_params().comparisons["wines"].losses
    assert not {"rank_mse", "cumulative_link"} & set(plain)
    project(tmp_path / "wines.csv", "quality", "wines_graded", "order: [3, 4, 5, 7]")
    out = capsys.readouterr().out
    assert "try: classes in the order 3 < 4 < 5 < 7\n" in out
    assert "may be grades" not in out
    params = load_params()
    assert params.datasets["wines_graded"].order == ["3", "4", "5", "7"]
    assert params.comparisons["wines_graded"].losses == [*plain, "rank_mse", "cumulative_link"]


def write_counts(path, lowest):
    path.write_text("x,n\n" + "".join(f"{i * 7 % 31},{lowest + i * i % 37}.5\n" for i in range(60)), encoding="utf-8")


@pytest.mark.parametrize(
    ("lowest", "offered"),
    [
        (0, "msle (target: ratio), mape (target: ratio), poisson (target: ratio), mse_log (target: log)"),
        (-5, ""),
    ],
)
def test_losses_made_for_targets_that_are_never_negative_are_offered_for_those_alone(
    project, tmp_path, capsys, lowest, offered
):
    write_counts(tmp_path / "counts.csv", lowest)
    project(tmp_path / "counts.csv", "n")
    told = capsys.readouterr().out
    assert f"(mse, mae, huber, log_cosh{', ' * bool(offered)}{offered}) to params.yaml" in told
    assert ("left out: poisson cannot learn" in told) == (not offered)


def test_what_divides_by_the_target_is_not_offered_where_some_are_0(project, tmp_path, capsys):
    (tmp_path / "counts.csv").write_text("x,n\n" + "".join(f"{i},{i * i % 37}\n" for i in range(60)), encoding="utf-8")
    project(tmp_path / "counts.csv", "n", "", "task: regression")
    told = capsys.readouterr().out
    assert "left out: mape (target: ratio) works, but: it divides by" in told
    assert "log_cosh, msle (target: ratio), poisson (target: ratio), mse_log (target: log)) to" in told


def test_a_table_that_is_in_its_place_is_not_copied(project, tmp_path):
    Path("data/external/sub").mkdir(parents=True)
    there = Path("data/external/sub/h.csv")
    shutil.copy(tmp_path / "houses.csv", there)
    before = there.stat()
    project("./data/../data/external/sub/h.csv", "price")
    assert load_params().datasets["h"].source.file == "data/external/sub/h.csv"
    assert sorted(map(str, everything())) == ["data/external/sub/h.csv", "params.yaml"]
    assert (there.stat().st_ino, there.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_table_that_was_copied_before_is_taken_as_it_is(project, tmp_path):
    Path("data/external").mkdir(parents=True)
    shutil.copy(tmp_path / "houses.csv", "data/external/houses.csv")
    project(tmp_path / "houses.csv", "price")
    assert load_params().datasets["houses"].source.file == "data/external/houses.csv"


def test_the_copy_is_kept_byte_by_byte(project, tmp_path):
    with gzip.open(tmp_path / "houses.csv.gz", "wt", encoding="utf-8") as file:
        file.write(HOUSES)
    project(tmp_path / "houses.csv.gz", "price")
    assert Path("data/external/houses.csv.gz").read_bytes() == (tmp_path / "houses.csv.gz").read_bytes()
    assert list(load_params().datasets) == ["rings", "houses"]


REFUSED = {
    "nothing given": ([], USAGE),
    "no target": (["houses.csv"], USAGE),
    "an empty target": (["houses.csv", ""], USAGE),
    "too much": (["houses.csv", "price", "a", "skip: 0", "b"], USAGE),
    "no such file": (["home.csv", "price"], f"home.csv is not a file; {USAGE}"),
    "a generator misspelt": (["digitz", "digit"], f"digitz is not a file; did you mean 'digits'? {USAGE}"),
    "a folder": (["data", "price"], f"data is not a file; {USAGE}"),
    "a target far off": (
        ["houses.csv", "zzz"],
        "params.yaml: datasets.houses.source.target: 'zzz' is not a column. Columns: rooms, street, price",
    ),
    "a target nearly right": (
        ["houses.csv", "Prise", "mine"],
        "params.yaml: datasets.mine.source.target: 'Prise' is not a column; did you mean 'price'? "
        "Columns: rooms, street, price",
    ),
    "a dataset that is there": (
        ["houses.csv", "price", "rings"],
        "params.yaml: datasets.rings is there already and stays as it is; give another: AS=…",
    ),
    "a dataset without a comparison": (
        ["houses.csv", "price", "lone"],
        "params.yaml: datasets.lone is there already and stays as it is; give another: AS=…",
    ),
    "another file in its place": (
        ["other/taken.csv", "price"],
        "data/external/taken.csv is there already and is another file; rename other/taken.csv",
    ),
    "a name of two words": (
        ["houses.csv", "price", "my houses"],
        "'my houses' cannot name a dataset; name it with letters, digits, '_', '-' and '.': AS=houses",
    ),
    "a name that leads elsewhere": (
        ["houses.csv", "price", "../houses"],
        "'../houses' cannot name a dataset; name it with letters, digits, '_', '-' and '.': AS=houses",
    ),
    "a file whose name makes none": (
        ["日本.csv", "price"],
        "'' cannot name a dataset; name it with letters, digits, '_', '-' and '.': AS=houses",
    ),
    "a target of one value": (
        ["constant.csv", "y"],
        "params.yaml: datasets.constant.source.target: 'y' has a single value; there is nothing to learn",
    ),
    "a target of texts": (
        ["texts.csv", "y"],
        "params.yaml: datasets.texts.source.target: 'y' has 30 different values in 30 rows, such as 'text 0', "
        "too many for classes",
    ),
    "nothing to learn from": (
        ["alone.csv", "y"],
        "params.yaml: datasets.alone.source: no column is left to predict from, beside those under target, drop, "
        "weight and split; features: names those to predict from",
    ),
    "nothing in it": (["empty.csv", "y"], "empty.csv cannot be read as CSV: No columns to parse from file"),
}


@pytest.fixture
def crowded(project):
    """A project's folder in which much is amiss."""
    lone = "  lone:\n    source: {generator: make_circles, random_state: 1}\ncomparisons:"
    Path("params.yaml").write_text(PARAMS.replace("comparisons:", lone), encoding="utf-8")
    for name, text in {
        "houses": HOUSES,
        "日本": HOUSES,
        "other/taken": HOUSES,
        "data/external/taken": HOUSES + "1,a,2\n",
        "constant": "x,y\n1,3\n2,3\n3,3\n",
        "texts": "x,y\n" + "".join(f"{i * 3 % 7},text {i}\n" for i in range(30)),
        "alone": "y\n1.5\n2.5\n3.5\n",
        "empty": "",
    }.items():
        path = Path(f"{name}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return project


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_added_is_refused_in_one_line_and_nothing_is_written(crowded, capsys, case):
    arguments, line = REFUSED[case]
    before = everything()
    with pytest.raises(UserError) as raised:
        crowded(*arguments)
    assert str(raised.value) == line
    assert everything() == before
    assert capsys.readouterr().out == ""


def test_parameters_that_are_wrong_already_are_refused_as_they_are(project, tmp_path):
    wrong = PARAMS.replace("seeds: 2", "seeds: two")
    Path("params.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        project(tmp_path / "houses.csv", "price")
    assert (
        str(raised.value)
        == "params.yaml: train.seeds: 'two' given; allowed: a whole number, or {at_most: 60}: as many as are needed"
    )
    assert everything() == {Path("params.yaml"): wrong.encode()}


def test_an_interrupted_write_leaves_the_parameters_as_they_were(project, tmp_path, monkeypatch):
    def full_disk(*_arguments, **_settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space left"):
        project(tmp_path / "houses.csv", "price")
    assert Path("params.yaml").read_bytes() == PARAMS.encode()
    assert not list(Path().glob(".writing-*"))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("houses.csv", "houses"),
        ("Houses.CSV", "Houses"),
        ("houses.csv.gz", "houses"),
        ("houses.2024.parquet", "houses"),
        ("houses", "houses"),
        ("my houses (2).csv", "my_houses_2"),
        ("a: b.csv", "a_b"),
        ("#x.csv", "x"),
        ("-x-.csv", "x"),
        ("__x__.csv", "x"),
        ("2024-01.csv", "2024-01"),
        ("prix-été.csv", "prix-_t"),
        (".houses.csv", "houses"),
        ("~.csv", ""),
    ],
)
def test_a_dataset_is_named_after_its_file(file, name):
    assert add.name_for(Path("some.folder") / file) == name


@pytest.mark.parametrize(
    "file", ["2024.csv", "null.csv", "1e3.csv", "true.csv", "0x10.csv", "1_000.csv", "2024-01-01.csv"]
)
def test_a_name_that_yaml_would_take_for_no_text_loads_back_as_given(project, tmp_path, file):
    shutil.copy(tmp_path / "houses.csv", tmp_path / file)
    project(tmp_path / file, "price")
    wanted, name = load_params(), file.removesuffix(".csv")
    assert list(wanted.datasets) == list(wanted.comparisons) == ["rings", name]
    assert wanted.datasets[name].source.file == f"data/external/{file}"


@pytest.mark.parametrize(
    "file", ["my houses (2).csv", "#x.csv", "a: b.csv", "x #y.csv", "[x].csv", "été.csv", "'q'.csv"]
)
def test_a_file_of_an_odd_name_loads_back_as_given(project, tmp_path, file):
    shutil.copy(tmp_path / "houses.csv", tmp_path / file)
    project(tmp_path / file, "price", "houses")
    assert load_params().datasets["houses"].source.file == f"data/external/{file}"
    assert Path("data/external", file).is_file()
    generate.main()


TARGETS = [
    "yes",
    "no",
    "1e3",
    "null",
    "~",
    "3",
    "0x1",
    "1:30",
    "2024-01-01",
    "true",
    "#x",
    "a: b",
    "x #y",
    "a, b",
    "[x",
    "x}",
    "- a",
]
TARGETS += ["été", "日本", "🎉", "&a", "*a", "!x", "%", "@x", '"q"', "'q'", "=", "<<", "a ", "two words", "tab\there"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_column_that_yaml_would_take_for_something_else_loads_back_as_given(project, tmp_path, target):
    heading = target.replace('"', '""')
    rows = "".join(f"{i % 7},{i * 1.5}\n" for i in range(20))
    (tmp_path / "odd.csv").write_text(f'x,"{heading}"\n{rows}', encoding="utf-8")
    project(tmp_path / "odd.csv", target)
    assert load_params().datasets["odd"].source.target == [target]
    assert len(added(PARAMS, Path("params.yaml").read_text(encoding="utf-8"))) == 4


@pytest.mark.thorough
@settings(max_examples=100)
@given(
    target=st.text("aeinosyNY019.-_+~# ,;[]{}&*!|>'\"%@`=/\\<é日🎉", min_size=1, max_size=8),
    name=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{3,8}", fullmatch=True).filter(lambda name: name != "rings"),
    losses=st.lists(st.sampled_from(list(LOSSES)), min_size=1, unique=True),
)
def test_whatever_is_added_reads_back_and_the_rest_stays(target, name, losses):
    before = yaml.safe_load(PARAMS)
    text = params_text.with_entries(
        PARAMS, name, {"source": {"file": "data/external/x.csv", "target": target}}, {"losses": losses}
    )
    after = yaml.safe_load(text)
    assert after["datasets"].pop(name) == {"source": {"file": "data/external/x.csv", "target": target}}
    assert after["comparisons"].pop(name) == {"losses": losses}
    assert after == before
    assert len(added(PARAMS, text)) == 4


LAYOUTS = {
    "four spaces": """
datasets:
    a:
        source: {x: 1}

comparisons:
    a:
        losses: [mse]
# the end
""",
    "one line": "datasets: {a: {source: {x: 1}}}\ncomparisons: {a: {losses: [mse]}, }  # why\n",
    "no last newline": "datasets:\n  a: {source: {x: 1}}\ncomparisons:\n  a: {losses: [mse]}",
    "windows": "datasets:\r\n  a:\r\n    source: {x: 1}\r\ncomparisons:\r\n  a:\r\n    losses: [mse]   # b\r\n",
    "lists": """---
datasets:
  a:
    source:
      x: 1

  # b
comparisons:
  a:
    losses:
    - mse
    - mae
...
""",
    "texts": """
datasets:
  a:
    source: |
      one
      two
comparisons:
  a:
    losses: >-
      three

train: False
""",
    "nothing": "datasets:\n  a:\ncomparisons:\n  a:\ntrain: {}\n",
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=list(LAYOUTS))
def test_whatever_the_layout_the_letters_that_are_there_stay(text):
    after = params_text.with_entries(
        text, "b", {"source": {"file": "data/external/b.csv", "target": "no"}}, {"losses": ["mae", "mse"]}
    )
    # as DVC reads it
    expected = YAML(typ="safe").load(text)
    expected["datasets"]["b"] = {"source": {"file": "data/external/b.csv", "target": "no"}}
    expected["comparisons"]["b"] = {"losses": ["mae", "mse"]}
    assert YAML(typ="safe").load(after) == expected
    rest = iter(after)
    assert all(letter in rest for letter in text)  # in their order, nothing lost
    assert after.count("\r") == after.count("\n") or "\r" not in text


@pytest.mark.thorough
def test_the_command_ends_with_status_one_and_a_line(project, tmp_path, root):
    del project
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "stages.commands.add_table", str(tmp_path / "houses.csv"), "prise"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "params.yaml: datasets.houses.source.target: 'prise' is not a column; did you mean 'price'? "
        "Columns: rooms, street, price\n"
    )
    assert everything() == {Path("params.yaml"): PARAMS.encode()}


@pytest.mark.parametrize("name", ["yes", "no", "on", "null", "1e3", "2024"])
def test_a_dataset_may_be_called_what_yaml_takes_for_something_else(project, tmp_path, name):
    project(tmp_path / "houses.csv", "price", name)
    assert name in load_params().datasets
    assert name in load_params().comparisons


def test_a_selector_that_selects_none_of_what_is_added_is_told(project, tmp_path, capsys):
    Path("params.yaml").write_text(PARAMS.replace("loss: all", "loss: hinge"), encoding="utf-8")
    project(tmp_path / "houses.csv", "price")
    assert "try: loss: in params.yaml selects none of them; write loss: all\n" in capsys.readouterr().out


def test_rows_in_the_order_of_time_are_told_with_the_split_that_keeps_it(project, tmp_path, capsys):
    days = [f"2024-01-{day:02}" for day in range(1, 31)]
    for name, order in (("sorted", days), ("mixed", [*days[15:], *days[:15]])):
        rows = "\n".join(f"{day},{i / 7},{i * 1.5}" for i, day in enumerate(order))
        (tmp_path / f"{name}.csv").write_text(f"day,x,y\n{rows}\n")
        project(tmp_path / f"{name}.csv", "y")
        told = "try: rows are sorted by day, and those that test are drawn from all of them; to predict later ones "
        assert (told in capsys.readouterr().out) is (name == "sorted")


def test_a_table_that_cannot_be_split_is_told_and_not_copied(project, tmp_path):
    rows = "\n".join(f"{i / 7},a" for i in range(10))
    (tmp_path / "odd.csv").write_text(f"x,kind\n{rows}\n3.5,b\n")
    with pytest.raises(UserError) as raised:
        project(tmp_path / "odd.csv", "kind")
    assert str(raised.value) == (
        f"{tmp_path / 'odd.csv'} cannot be split as is usual: "
        "class 'b' has 1 row, fewer than the 2 folds; "
        "method: shuffle takes rows whatever their class: make try … WITH='split: {method: shuffle}'"
    )
    assert everything() == {Path("params.yaml"): PARAMS.encode()}


def test_rows_newest_first_are_told_with_what_keeps_their_order(project, tmp_path, capsys):
    rows = "\n".join(f"2024-01-{31 - i:02},{i * i % 7},{i * 1.5 % 4}" for i in range(30))
    (tmp_path / "falling.csv").write_text(f"day,x,y\n{rows}\n")
    project(tmp_path / "falling.csv", "y")
    assert "try: rows are sorted by day, newest first, " in capsys.readouterr().out


def test_where_dates_do_not_rise_is_told_where_the_first_rows_are_to_train(project, tmp_path, capsys):
    days = [f"2024-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]
    first = "split: {method: first}"
    for name, order, told in (
        ("rises", days, None),
        ("mixed", [*days[15:], *days[:15]], "day falls at row 42, from 2024-02-28 to 2024-01-01 (1 fall in all); with"),
        ("newest", days[::-1], "day falls from row to row, newest first; with split: {method: first} the last rows"),
    ):
        rows = "\n".join(f"{day},2000-05-17,{i * i % 7 / 7},{i * 1.5}" for i, day in enumerate(order))
        (tmp_path / f"{name}.csv").write_text(f"day,born,x,y\n{rows}\n")
        project(tmp_path / f"{name}.csv", "y", "", f"drop: [day], {first}")
        lines = [line for line in capsys.readouterr().out.splitlines() if "day" in line and "falls" in line]
        assert [line.startswith(f"try: {told}") for line in lines] == [True] * (told is not None)
        project(tmp_path / f"{name}.csv", "y", f"{name}-kfold")
        assert "falls" not in capsys.readouterr().out
    generate.main()
    assert "generate: mixed: day falls at row 42, from 2024-02-28 to 2024-01-01 " in capsys.readouterr().out


def test_a_column_of_patients_is_proposed_to_keep_rows_together(project, tmp_path, capsys):
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(40), 6)
    table = pd.DataFrame(rng.normal(size=(40, 3))[patient] + 0.1 * rng.normal(size=(240, 3)), columns=list("abc"))
    table["patient"] = [f"P{number:02}" for number in patient]
    table["y"] = (10 * rng.normal(size=40)[patient] + rng.normal(size=240)).round(2)
    table.to_csv(tmp_path / "visits.csv", index=False)
    told = (
        "try: patient: rows of one value are alike in the target (40 values, about 6 rows each); where new rows have "
    )
    key = "(to keep rows of one value on one side: split: {method: group, column: patient} beside source:)\n"
    for name, keys in (("visits", ""), ("dropped", "drop: [patient]")):
        project(tmp_path / "visits.csv", "y", name, keys)
        said = capsys.readouterr().out
        assert said.count(told) == said.count(key) == 1
        assert "what is in brackets" not in said
    project(tmp_path / "visits.csv", "y", "grouped", "split: {method: group, column: patient}")
    assert "rows of one value" not in capsys.readouterr().out
    generate.main()
    assert "generate: visits: patient: rows of one value are alike in the target" in capsys.readouterr().out


def test_copies_of_rows_are_counted_and_may_be_taken_apart(project, tmp_path, capsys):
    rows = [f"{i * 37 % 61 / 7:.3f},{i * i % 53 / 3:.3f},{'ab'[i % 2]}\n" for i in range(40)]
    (tmp_path / "again.csv").write_text("x,z,y\n" + "".join(rows[:3] + rows))
    project(tmp_path / "again.csv", "y")
    told = capsys.readouterr().out
    assert (
        "try: 3 rows of 43 are copies of those before (rows 4, 5, 6); copies stay on one side of every split (to "
        "divide them like other rows: split: {copies: apart} beside source:)\n"
    ) in told
    assert "what is in brackets goes beside file:" not in told
    project(tmp_path / "again.csv", "y", "apart", "split: {copies: apart}")
    told = capsys.readouterr().out
    assert "(rows 4, 5, 6); split: {copies: apart} divides them like other rows\n" in told
    assert load_params().datasets["apart"].split.copies == "apart"
    generate.main()
    assert "generate: again: 3 rows of 43 are copies of those before" in capsys.readouterr().out
    scale.main()
    again, apart = plans.read_plan("again"), plans.read_plan("apart")
    assert (again.clusters[:7].tolist(), again.clusters_are) == ([0, 1, 2, 0, 1, 2, 3], "copies")
    assert apart.clusters is None
    assert (again.parts[:, :3] == again.parts[:, 3:6]).all()
    assert not (apart.parts[:, :3] == apart.parts[:, 3:6]).all()
    project(tmp_path / "houses.csv", "price")
    assert "copies" not in capsys.readouterr().out


def test_each_column_is_told_and_what_is_odd_with_its_key(project, tmp_path, capsys):
    rows = "".join(f"{i * i % 7},{-200 if i in (4, 17) else 1 + i / 10}\n" for i in range(30))
    (tmp_path / "sent.csv").write_text(f"x,CO\n{rows}")
    project(tmp_path / "sent.csv", "CO")
    told = capsys.readouterr().out
    assert "\n x        number   0                   scaled (standard)" in told
    assert (
        "try: CO: -200 in 2 rows (rows 5, 18), far from all others (if it stands for nothing: missing: {CO: [-200]})"
    ) in told
    project(tmp_path / "sent.csv", "CO", "sent2", "missing: {CO: [-200]}, split: {method: first}")
    assert "-200" not in capsys.readouterr().out
    dataset = load_params().datasets["sent2"]
    assert (dataset.source.missing, dataset.split.method) == ({"CO": [-200]}, "first")


def test_where_every_column_only_tells_rows_apart_the_entry_says_that_they_are_numbers(project, tmp_path, capsys):
    (tmp_path / "lakh.csv").write_text(
        'a,price\n1,"1,23,456"\n2,"2,34,567"\n3,"3,45,678"\n4,"4,56,789"\n5,"5,67,890"\n'
    )
    project(tmp_path / "lakh.csv", "price")
    assert "price: row 1 holds '1,23,456', read as 123,456" in capsys.readouterr().out
    assert load_params().datasets["lakh"].source.columns == {"a": "number"}
    generate.main()
    scale.main()


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (
            "quotin: none",
            "params.yaml: datasets.houses.source: 'quotin' is not a key here; did you mean 'quoting'?",
        ),
        (
            "columns: {price: text}",
            "params.yaml: datasets.houses.source.columns.price: 'text' given; allowed: number, ",
        ),
        ("missing: [", "WITH='missing: [' is no YAML; write it as in WITH='missing: [-200], skip: 3'"),
    ],
)
def test_keys_that_are_wrong_are_told_and_nothing_is_written(project, tmp_path, keys, line):
    before = everything()
    with pytest.raises(UserError) as raised:
        project(tmp_path / "houses.csv", "price", "", keys)
    assert str(raised.value).startswith(line)
    assert everything() == before


ODD_NAMES = [
    "a b.csv",
    "what?.csv",
    "#1.csv",
    "50%.csv",
    "$HOME.csv",
    "$(shell date).csv",
    "it's.csv",
    'say "x".csv',
    "a\\b.csv",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_make_hands_on_names_as_they_were_typed(root, tmp_path, name):
    shutil.copy(root / "Makefile", tmp_path / "Makefile")
    (tmp_path / "requirements.lock").write_text("")
    program = tmp_path / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    page = tmp_path / ".dvc" / "plots" / "page.html"
    page.parent.mkdir(parents=True)
    in_venv = [tmp_path / ".venv" / name for name in ("installed", "plots.html", "mlflow.db")]
    for made in (page, *in_venv):  # each newer than the last
        made.write_text("")
    command = ["make", "--no-print-directory", "try", f"FILE=data/{name}", f"TARGET={name}", f"WITH={{drop: [{name}]}}"]
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "AS")}
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment)
    assert ended.stdout.split("\n") == [
        "-m",
        "stages.commands.add_table",
        f"data/{name}",
        name,
        "",
        f"{{drop: [{name}]}}",
        "",
    ]


def test_a_split_by_groups_may_be_given_at_once(project):
    project("../houses.csv", "price", "", "split: {method: group, column: street}")
    assert load_params().datasets["houses"].split.column == "street"
    generate.main()


def test_all_is_no_name_of_a_table(project):
    with pytest.raises(UserError, match=r"^'all' cannot name a dataset, .*AS=…$"):
        project("../houses.csv", "price", "all")
