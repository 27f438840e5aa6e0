"""What is done to each column before a network sees it, by scikit-learn's ``ColumnTransformer``.

Numbers and dates are imputed with their median and scaled, booleans imputed with what is most
frequent, texts one-hot encoded with the rare ones as one group. Columns that are constant on the
rows fitted on, or that only tell rows apart, are left out.
"""

import math
from dataclasses import dataclass, replace

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

from stages.basics.cli import UserError
from stages.records import wording
from stages.records.datasets import Column, Kind, MissingAs, Treatment

RARE_SHARE = 0.01  # a text in a smaller share of the rows, or in one row only, is rare
MAX_CATEGORIES = 50
SHOWN = 10  # of those left out, where none is left
_KINDS: tuple[Kind, ...] = ("number", "date", "boolean", "category")  # in the order of their inputs

# each scaler, and the (center, scale) it fitted: value = scaled * scale + center
SCALERS = {
    "standard": (StandardScaler, lambda scaler: (scaler.mean_, scaler.scale_)),
    # MinMaxScaler's own scale_ multiplies
    "minmax": (MinMaxScaler, lambda scaler: (scaler.data_min_, 1 / scaler.scale_)),
    "robust": (RobustScaler, lambda scaler: (scaler.center_, scaler.scale_)),
}


@dataclass(frozen=True)
class Fitted:
    """A pipeline that was fitted, and what it does to each column.

    Attributes:
        pipeline: takes rows as ``data/raw`` holds them, gives (n_rows, n_inputs).
        names: (n_inputs,) what its outputs are called.
        treatments: one for each column, in the order of the table.
    """

    pipeline: ColumnTransformer
    names: list[str]
    treatments: list[Treatment]


def fit(rows: pd.DataFrame, columns: list[Column], method: str) -> Fitted:
    """Fit the pipeline.

    Args:
        rows: (n_rows, n_columns) what to fit on, as ``data/raw`` holds them.
        columns: what they are.
        method: how numbers and dates are scaled: none, standard, minmax or robust.

    Raises:
        UserError: no column is left.
    """
    treatments = {column.name: _useless(rows[column.name], column) for column in columns}
    kept = [column for column in columns if not treatments[column.name].left_out]
    if not kept:
        shown = [f"{each.column} (left out: {wording.left_out(each)})" for each in list(treatments.values())[:SHOWN]]
        raise UserError(f"no column is left to learn from: {', '.join(shown)}")
    of_kind = {kind: [column.name for column in kept if column.kind == kind] for kind in _KINDS}
    pipeline = ColumnTransformer(
        [(kind, _step(kind, method, len(rows)), names) for kind, names in of_kind.items() if names],
        sparse_threshold=0,
    ).fit(rows)
    for kind, names in of_kind.items():
        if names:
            before, step = [treatments[name] for name in names], pipeline.named_transformers_[kind]
            done = _encoded(step, before) if kind == "category" else _numeric(step, before, method)
            treatments |= {each.column: each for each in done}
    # each is called by its kind as well, which keeps a text's input apart from a number of the same name
    names = [str(name).split("__", 1)[1] for name in pipeline.get_feature_names_out()]
    return Fitted(pipeline, names, list(treatments.values()))


def _useless(values: pd.Series, column: Column) -> Treatment:
    """That a column is left out and why; one that is no input yet, where nothing speaks against it."""
    treatment, present = Treatment(column.name, column.kind, 0, missing=column.missing), values.dropna()
    if column.kind == "identifier":
        return replace(treatment, left_out="identifier")
    if not len(present):
        return replace(treatment, left_out="empty")
    if column.kind == "category":
        counts = present.value_counts()
        if len(counts) == 1 and len(present) == len(values):
            return replace(treatment, left_out="always", value=counts.index[0])
        if counts.iloc[0] < _rare(len(values)) and len(counts) > 1:
            return replace(treatment, left_out="rare")
    elif present.min() == present.max():
        return replace(treatment, left_out="constant")
    return treatment


def _rare(n_rows: int) -> int:
    """How many rows a text must be in, not to be rare."""
    return max(2, math.ceil(RARE_SHARE * n_rows))


def _step(kind: str, method: str, n_rows: int) -> Pipeline | SimpleImputer:
    """What is done to the columns of a kind, where so many rows are fitted on."""
    numbers = [SimpleImputer(strategy="median"), *([SCALERS[method][0]()] if method != "none" else [])]
    match kind:
        case "number":
            return make_pipeline(*numbers)
        case "date":
            return make_pipeline(FunctionTransformer(days, feature_names_out="one-to-one"), *numbers)
        case "boolean":
            return SimpleImputer(strategy="most_frequent")
    return make_pipeline(
        FunctionTransformer(texts, feature_names_out="one-to-one"),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            min_frequency=_rare(n_rows),
            max_categories=MAX_CATEGORIES,
            sparse_output=False,
            feature_name_combiner=named,
        ),
    )


def days(dates: pd.DataFrame) -> pd.DataFrame:
    """Dates as days since 1970."""
    return (dates - pd.Timestamp(0).as_unit("us")) / pd.Timedelta(days=1)


def texts(categories: pd.DataFrame) -> pd.DataFrame:
    """Texts as scikit-learn takes them; what is missing, None, is a category too."""
    return categories.astype(object).where(categories.notna(), None)


def named(column: str, category: str | None) -> str:
    """What the input is called that tells whether a row has this text."""
    return f"{column}={ {None: 'missing', 'infrequent_sklearn': 'rare'}.get(category, category) }"


def _numeric(step: Pipeline | SimpleImputer, before: list[Treatment], method: str) -> list[Treatment]:
    """What a fitted step does to its numbers, dates or booleans."""
    done = []
    for index, column in enumerate(before):
        is_boolean = column.kind == "boolean"
        imputed = "most frequent" if is_boolean else "median"
        treatment = replace(column, n_inputs=1, imputed=imputed if column.missing else None)
        if method != "none" and not is_boolean:
            center, scale = (float(values[index]) for values in SCALERS[method][1](step[-1]))
            treatment = replace(treatment, scaled=method, center=center, scale=scale)
        done.append(treatment)
    return done


def _encoded(step: Pipeline, before: list[Treatment]) -> list[Treatment]:
    """What a fitted step does to its texts."""
    encoder, done = step[-1], []
    for column, every, rare in zip(before, encoder.categories_, encoder.infrequent_categories_, strict=True):
        rare_ones = [] if rare is None else list(rare)
        done.append(
            replace(
                column,
                n_inputs=len(every) - len(rare_ones) + bool(rare_ones),
                n_categories=len(every),
                n_rare=len(rare_ones),
                missing_as=_missing_as(list(every), rare_ones) if column.missing else None,
            )
        )
    return done


def _missing_as(every: list[str | None], rare: list[str | None]) -> MissingAs:
    """What missing texts are encoded as, which the rows fitted on may lack."""
    if None in every and None not in rare:
        return "a category"
    return "rare" if rare else "no category"
