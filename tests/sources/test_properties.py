import datetime
import decimal
import re
import tempfile
import traceback
import warnings
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages import generate, scale
from stages.basics.cli import UserError
from stages.features import encoding, pipelines, splits
from stages.losses.catalogue import names_for
from stages.parsing import reading
from stages.parsing.delimited import odd_rows
from stages.records import datasets, plans
from stages.records.features import read_columns
from stages.records.plans import Part
from stages.sources import describe

# what a user's column may be called; some are what Losslab itself calls columns, or what YAML or CSV would change
NAMES = (
    "x",
    "y",
    "id",
    "target",
    "target_1",
    "split",
    "target (2)",
    "a b",
    "ä|é",
    'q"q',
    "two\nlines",
    "1",
    "null",
    "",
)
LETTERS = ["a", "B", "ä", "€", " ", ",", ";", "|", '"', "'", "\n", "\t", "-", ".", "#", "%", "0", "7", "\\", "漢", "🙂"]
HUGE = [1.7e308, -1.7e308, 5e-324, 1e300, -1e200, 2.0**53, 2.0**63, 1e-300, 0.0, 1.0]


def texts(rng, n_rows, n_different):
    few = ["".join(rng.choice(LETTERS, rng.integers(7))) for _ in range(n_different)]
    return [few[index] for index in rng.integers(n_different, size=n_rows)]


def dates(rng, n_rows, form):
    """Days of any year in a form such as ``{d}.{m}.{y}``."""
    years = [1, 9999] if rng.integers(2) else [1900, 2100]
    day, month, year = rng.integers(1, 29, n_rows), rng.integers(1, 13, n_rows), rng.integers(*years, n_rows)
    return [form.format(d=d, m=m, y=y) for d, m, y in zip(day, month, year, strict=True)]


def moments(rng, n_rows, zone=None):
    years = rng.integers(*([1, 9999] if rng.integers(2) else [1900, 2100]), n_rows)
    return [datetime.datetime(year, 1 + year % 12, 1 + year % 28, year % 24, tzinfo=zone) for year in map(int, years)]


# by kind, what makes the values of a column
BOTH = {
    "number": lambda rng, n: list(rng.normal(size=n) * 10.0 ** rng.integers(-3, 9)),
    "whole": lambda rng, n: list(rng.integers(-3, 4, n)),
    "boolean": lambda rng, n: list(rng.integers(2, size=n) > 0),
    "word": lambda rng, n: list(rng.choice(["no", "yes", "maybe", "1", "é|"][: rng.integers(2, 6)], n)),
    "constant": lambda rng, n: [["x", 7, 0.1, "", True][rng.integers(5)]] * n,
    "nothing": lambda _, n: [None] * n,
    "huge": lambda rng, n: list(rng.choice(HUGE, n)),
    "infinite": lambda rng, n: list(rng.choice([np.inf, -np.inf, np.nan, 1.5, 2.0, -3.0], n)),
    "counts on": lambda rng, n: list(range(int(rng.integers(3)), n + 3))[:n],
    "permuted": lambda rng, n: list(rng.permutation(n)),
    "text": lambda rng, n: texts(rng, n, max(n, 1)),
    "few texts": lambda rng, n: texts(rng, n, 3),
    "text or number": lambda rng, n: [
        rng.choice(["1", "2.5", "n/a", "x", "1e400", "0x1", "-", "nan"]) for _ in range(n)
    ],
    "ISO date": lambda rng, n: dates(rng, n, "{y:04}-{m:02}-{d:02}"),
    "German date": lambda rng, n: dates(rng, n, "{d:02}.{m:02}.{y:04}"),
    "American date": lambda rng, n: dates(rng, n, "{m}/{d}/{y}"),
    "forever": lambda rng, n: list(rng.choice(["2020-01-31", "2021-12-01", "9999-12-31"], n)),
    "moment": lambda rng, n: [str(moment) for moment in moments(rng, n)],
    "zoned": lambda rng, n: [f"{each.isoformat()}+0{rng.integers(9)}:00" for each in moments(rng, n)],
    "like dates": lambda rng, n: ["-".join(map(str, rng.integers(0, 99, 3))) for _ in range(n)],
}
CSV = BOTH | {
    "beyond 64 bits": lambda rng, n: [int(value) * 2**62 for value in rng.integers(-4, 5, n)],
    "word for nothing": lambda rng, n: list(rng.choice(["7", "2.5", "?", " ", "NA", ""], n)),
    "code": lambda rng, n: list(rng.choice(["01067", "80331", "007", "NA"], n)),
    "grouped": lambda rng, n: [f"{value:,}" for value in rng.integers(-3000, 3000, n)],
    "grouped by points": lambda rng, n: [f"{value:,}".replace(",", ".") for value in rng.integers(10**6, size=n)],
}
PARQUET = BOTH | {
    "categorical": lambda rng, n: pd.Categorical(texts(rng, n, 4)),
    "categorical numbers": lambda rng, n: pd.Categorical(rng.integers(5, size=n)),
    "nullable": lambda rng, n: pd.array(rng.integers(5, size=n), "Int64"),
    "nullable number": lambda rng, n: pd.array(rng.normal(size=n), "Float64"),
    "nullable boolean": lambda rng, n: pd.array(rng.integers(2, size=n) > 0, "boolean"),
    "float32": lambda rng, n: rng.normal(size=n).astype(np.float32),
    "decimal": lambda rng, n: [decimal.Decimal(int(value)) / 8 for value in rng.integers(-99, 99, n)],
    "datetime": moments,
    "datetime in a zone": lambda rng, n: moments(rng, n, datetime.timezone(datetime.timedelta(hours=9))),
    "date": lambda rng, n: [each.date() for each in moments(rng, n)],
    "time": lambda rng, n: [each.time() for each in moments(rng, n)],
    "duration": lambda rng, n: [datetime.timedelta(int(value)) for value in rng.integers(-99, 99, n)],
    "list": lambda rng, n: [list(rng.integers(5, size=value)) for value in rng.integers(3, size=n)],
    "mapping": lambda rng, n: [{"a": int(value)} for value in rng.integers(3, size=n)],
    "bytes": lambda rng, n: [rng.bytes(value) for value in rng.integers(3, size=n)],
}
PREDICTED = ("number", "whole", "boolean", "word")
MISSING = (0, 0, 0.2)  # shares


def mostly(value, other):
    return st.sampled_from([True, True, True, False]).flatmap(lambda usual: st.just(value) if usual else other)


@st.composite
def a_column(draw, kinds, n_rows):
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    values = pd.Series(kinds[draw(st.sampled_from(list(kinds)))](rng, n_rows), range(n_rows))
    return values.mask(rng.random(n_rows) < draw(st.sampled_from(MISSING)))


@st.composite
def tables(draw, kinds):
    n_rows = draw(st.sampled_from([*range(8, 31), 0, 1, 2, 3, 5]))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=6, unique=True))
    usual = {kind: kinds[kind] for kind in PREDICTED}
    made = [draw(a_column(draw(mostly(usual, st.just(kinds))), n_rows))]
    made += [draw(a_column(kinds, n_rows)) for _ in names[1:]]
    return pd.concat(made, axis=1, keys=names)


@st.composite
def described(draw, names):
    """The parameters of a dataset whose table has columns with these names; the first is good to predict."""
    columns = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)
    source = {"target": draw(mostly(names[0], columns))}
    source["drop"] = [name for name in draw(mostly([], columns)) if name not in source["target"]]
    if features := draw(mostly([], columns)):
        source["features"] = features
    share, folds = st.sampled_from([0.5, 0.8, 1, 3, 0.01, 0.99]), st.integers(2, 5)
    group = {"method": st.just("group"), "column": st.sampled_from(names)}
    splits = st.one_of(
        st.just({}),
        st.fixed_dictionaries(
            {"method": st.sampled_from(["first", "shuffle", "stratified"])},
            optional={"train": share, "random_state": st.integers(0, 9)},
        ),
        st.fixed_dictionaries({"method": st.just("kfold")}, optional={"folds": folds}),
        st.fixed_dictionaries(group, optional={"folds": folds}),
        st.fixed_dictionaries(group, optional={"train": share}),
    )
    scaler = st.sampled_from(["none", "standard", "minmax", "robust"])
    scales = st.fixed_dictionaries(
        {}, optional={"features": scaler, "target": mostly("none", scaler), "fit_on": st.just("all")}
    )
    dataset = {"source": source, "scale": draw(scales), "split": draw(splits)}
    if task := draw(mostly(None, st.sampled_from(["regression", "binary", "multiclass"]))):
        dataset["task"] = task
    return dataset


WAYS = st.fixed_dictionaries(
    {
        "sep": st.sampled_from(",;\t|"),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
        "decimal": st.sampled_from(".,"),
    }
)


@st.composite
def cases(draw):
    """A table, how it is written, and the parameters of the dataset that it makes."""
    kind = draw(st.sampled_from(["csv", "parquet"]))
    table = draw(tables(CSV if kind == "csv" else PARQUET))
    return kind, (table, draw(WAYS) if kind == "csv" else {}), draw(described(list(table)))


OTHER = {"source": {"generator": "make_circles", "n_samples": 10, "random_state": 0}}


def write(kind, table, how, dataset):
    """Write a table and the parameters that name it into the folder that a stage runs in."""
    file = Path("data/external") / f"own.{kind}"
    file.parent.mkdir(parents=True)
    if kind == "csv":
        table.to_csv(file, index=False, **how)
    else:
        table.to_parquet(file, index=False)
    content = {
        "loss": "all",
        "datasets": {"own": dataset | {"source": {"file": file.as_posix()} | dataset["source"]}, "circles": OTHER},
        "comparisons": {"circles": {"losses": ["hinge"]}},
        "train": {"seeds": 4, "optimizer": {"name": "SGD"}},
    }
    Path("params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def compare(losses, comparison, train):
    """Make the parameters compare these losses on the table."""
    path = Path("params.yaml")
    before = yaml.safe_load(path.read_text(encoding="utf-8"))
    after = before | {"comparisons": {"own": comparison | {"losses": losses}}, "train": before["train"] | train}
    path.write_text(yaml.safe_dump(after), encoding="utf-8")


# every line in which a table that was drawn, or a loss on it, may be refused; what is not among them is a bug
REFUSALS = (
    r"datasets\.own\.source: there (is 1 row|are 0 rows) with a target; at least 2 are needed",
    r"datasets\.own\.source: no column is left to predict from, beside those under .*",
    r"datasets\.own\.source\.(target|drop|features): .* is not a column\b.*",
    r"datasets\.own\.source\.target: .* holds dates; a target must be numbers or classes",
    r"datasets\.own\.source\.target: .* has a single value; there is nothing to learn",
    r"datasets\.own\.source\.target: .* has infinite values; mend or remove these rows",
    r"datasets\.own\.source\.target: .* has [\d,]+ different values in [\d,]+ rows, such as .*, too many for classes.*",
    r"datasets\.own\.source\.target: .* is neither numbers nor yes/no, and one of several targets must be.*",
    r"datasets\.own\.source\.target: .* stands twice",
    r"datasets\.own\.task: .* holds text or booleans; a regression needs numbers.*",
    r"datasets\.own\.task: .* has [\d,]+ different values; a binary task needs 2",
    r"datasets\.own\.task: several target columns are values .*; '\w+' given; .*",
    r"datasets\.own\.source\.target: .* has .*, and .*; several yes/no targets need the same two values; labels: .*",
    r"datasets\.own: no column is left to learn from: .*",
    r"datasets\.own\.scale\.target: '\w+' scales values, and the target is classes; allowed: none",
    r"datasets\.own\.split: there are \d+ (groups|rows), fewer than the \d+ (folds|that are needed)",
    r"datasets\.own\.split: class .* has \d+ rows?, fewer than .*; method: shuffle takes rows whatever their class",
    r"datasets\.own\.split\.method: '\w+' needs classes, and the target is values; allowed: .*",
    r"datasets\.own\.split\.train: \S+ leaves no row to test; allowed: 1 to \d+ \(there are \d+ rows\)",
    r"datasets\.own\.split\.train: \S+ given; allowed with method: group: a share of the groups \(above 0, below 1\)",
    r"datasets\.own\.split\.train: \d+ of \d+ rows train and \d+ test, and either needs a row of each of .*",
    r"datasets\.own\.split\.column: .* is missing in [\d,]+ rows; each needs a group",
    r"datasets\.own\.split\.column: .* is not a column\b.*",
    r"comparisons\.own\.losses\[\d\]: '\w+' cannot learn from it: .*",
)
OURS = Path(generate.__file__).parent


def check_plain(error):
    """A refusal is one that is listed, and none of the errors that it hides was raised in our own code."""
    for line in str(error).splitlines():
        assert any(re.fullmatch(rf"params\.yaml: {refusal}", line) for refusal in REFUSALS), line
    while (error := error.__cause__ or error.__context__) is not None:
        is_ours = Path(traceback.extract_tb(error.__traceback__)[-1].filename).is_relative_to(OURS)
        told = f"a {type(error).__name__} of ours was taken for a mistake of the user"
        assert isinstance(error, UserError) or not is_ours, told


def check_written():
    """What holds of a dataset that was made numbers, and of a comparison's plan."""
    raw, description = datasets.read_raw("own")
    encoded = datasets.read_encoded("own")
    assert encoded.description == description
    assert description.n_read >= len(raw) >= 2
    for column in description.columns:
        assert raw[column.name].isna().sum() == column.missing
    features, labels = read_columns("own", description), datasets.read_labels("own", description)
    assert features.shape == (len(raw), encoded.n_inputs)
    assert encoded.n_inputs > 0
    assert (features.dtypes == np.float64).all()
    if description.classes:
        assert set(labels) == set(range(len(description.classes)))
    else:
        assert np.isfinite(labels).all()
    plan = plans.read_plan("own")
    assert plan.parts.shape[1] == len(raw)
    for seed in range(plan.n_seeds):
        check_seed(plan, seed, features.to_numpy(), labels)
    pipeline = pipelines.read("own")
    np.testing.assert_array_equal(pipeline.transform(raw), scaled(features.to_numpy(), plan.to_train, plan.split_of[0]))


def scaled(features, scaling, split):
    """Features as a split scales them."""
    return (np.where(np.isnan(features), scaling.fill[split], features) - scaling.center[split]) / scaling.spread[split]


def check_seed(plan, seed, features, labels):
    """What holds of every seed's rows and of the numbers that scale them."""
    train, test = plan.rows(seed, Part.TRAIN, Part.VALIDATION), plan.rows(seed, Part.TEST)
    assert len(train) > 0 < len(test)
    assert len(plan.rows(seed, Part.TRAIN)) > 0
    assert sorted([*train, *test]) == [*range(len(labels))]
    split = plan.split_of[seed]
    for scaling in (plan.to_tune, plan.to_train):
        assert np.isfinite(scaled(features, scaling, split)).all()
        assert (scaling.spread[split] > 0).all()
        if labels.ndim == 2:
            assert np.isfinite((labels - scaling.target_center[split]) / scaling.target_spread[split]).all()


def scale_or_be_refused(kind, table, how, dataset):
    """Write a table and scale it in a folder of its own: what comes out holds, or a refusal is plain."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder), warnings.catch_warnings():
        write(kind, table, how, dataset)
        warnings.simplefilter("error")
        try:
            generate.main()
            compare(names_for(datasets.read_raw("own")[1].task)[:1], {}, {})
            scale.main()
        except UserError as error:
            check_plain(error)
        else:
            check_written()


@pytest.mark.thorough
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_any_table_is_scaled_or_refused_in_plain_words(case):
    kind, (table, how), dataset = case
    scale_or_be_refused(kind, table, how, dataset)


@pytest.fixture(scope="module")
def sound():
    """A table that is scaled, as long as nothing of ours fails."""
    table = pd.DataFrame({"x": np.arange(12) * 0.5, "city": ["Bonn", "Kiel", "Ulm"] * 4, "y": np.arange(12) % 5 * 1.5})
    case = "csv", table, {}, {"source": {"target": "y"}, "split": {"train": 8, "method": "shuffle"}}
    scale_or_be_refused(*case)
    return case


@pytest.mark.parametrize("mistake", [KeyError("columns"), ValueError("planted"), OSError("planted"), EOFError()])
@pytest.mark.parametrize(
    ("module", "name"),
    [(odd_rows, "find"), (reading, "sniff"), (describe, "find_target"), (encoding, "screened"), (splits, "_n_train")],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_mistake_of_ours_is_no_refusal_of_a_table(module, name, mistake, sound, monkeypatch):
    def fails(*_arguments, **_settings):
        raise mistake

    monkeypatch.setattr(module, name, fails)
    with pytest.raises(type(mistake)) as raised:
        scale_or_be_refused(*sound)
    assert raised.value is mistake


def test_a_refusal_that_is_not_listed_or_hides_a_mistake_of_ours_is_not_plain():
    listed = "params.yaml: datasets.own.source.target: 'x' has a single value; there is nothing to learn"
    check_plain(UserError(listed))
    with pytest.raises(AssertionError, match="cannot be read"):
        check_plain(UserError("data/external/own.csv cannot be read as CSV: 'columns'"))
    hiding = UserError(listed)
    try:
        odd_rows.find("no table")
    except AttributeError as error:
        hiding.__cause__ = error
    with pytest.raises(AssertionError, match="of ours was taken for a mistake of the user"):
        check_plain(hiding)


@pytest.fixture(scope="module")
def published():
    """The project's file of published figures."""
    return (Path(__file__).parents[2] / "data/published.yaml").read_bytes()


@st.composite
def trainings(draw):
    """Settings of a comparison and of training; one optimizer runs away."""
    optimizers = [{"name": "SGD"}, {"name": "Adam"}, {"name": "SGD", "learning_rate": 1e30}]
    comparison = {
        "epochs": draw(st.integers(1, 2)),
        "hidden": draw(st.sampled_from([[], [3]])),
        "dropout": draw(st.sampled_from([0, 0.3])),
        "batch_norm": draw(st.booleans()),
        "optimizer": draw(st.sampled_from(optimizers)),
    }
    return comparison, {"seeds": draw(st.integers(1, 4)), "batch_size": draw(st.sampled_from([1, 4, 32]))}


def check_report(losses):
    """What holds of every report."""
    text = Path("reports/report.md").read_text(encoding="utf-8")
    assert all(f"| `{loss}`" in text for loss in losses)
    assert not re.search(r"\bnan\b", text)
    for lines in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.replace(r"\|", "").count("|") for line in lines.splitlines()}) == 1, lines


@pytest.mark.endurance
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), training=trainings(), data=st.data())
def test_any_table_gives_a_report_or_is_refused_in_plain_words(published, case, training, data):
    from stages import report, train

    kind, (table, how), dataset = case
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write(kind, table, how, dataset)
        Path("data/published.yaml").write_bytes(published)
        try:
            generate.main()
            task = datasets.read_raw("own")[1].task
            losses = data.draw(st.lists(st.sampled_from(names_for(task)), min_size=1, max_size=3, unique=True))
            compare(losses, *training)
            scale.main()
            train.main()
            report.main()
        except UserError as error:
            check_plain(error)
        else:
            check_report(losses)
