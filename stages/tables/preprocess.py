"""What is done to each column before a network sees it, by scikit-learn's ``ColumnTransformer``.

Numbers and dates are imputed with their median and scaled, booleans imputed with what is most
frequent, texts one-hot encoded with the rare ones as one group. Columns that are constant on the
rows fitted on, or that only tell rows apart, are left out.
"""

import math
import textwrap
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

from stages.basics.cli import UserError
from stages.records.datasets import Column, Treatment

RARE_SHARE = 0.01  # a text in a smaller share of the rows, or in one row only, is rare
MAX_CATEGORIES = 50
_KINDS = ("number", "date", "boolean", "category")  # in the order of their inputs

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
    why = {column.name: _useless(rows[column.name], column.kind) for column in columns}
    kept = [column for column in columns if not why[column.name]]
    if not kept:
        told = ", ".join(f"{name} ({reason})" for name, reason in list(why.items())[:10])
        raise UserError(f"no column is left to learn from: {told}")
    of_kind = {kind: [column.name for column in kept if column.kind == kind] for kind in _KINDS}
    pipeline = ColumnTransformer(
        [(kind, _step(kind, method, len(rows)), names) for kind, names in of_kind.items() if names],
        sparse_threshold=0,
    ).fit(rows)
    done = {column.name: Treatment(column.name, column.kind, why[column.name], 0) for column in columns}
    missing = {column.name: column.missing for column in columns}
    for kind, names in of_kind.items():
        if names and kind == "category":
            done |= _encoded(pipeline.named_transformers_[kind], names, missing)
        elif names:
            done |= _numeric(pipeline.named_transformers_[kind], names, kind, method, missing)
    # each is called by its kind as well, which keeps a text's input apart from a number of the same name
    names = [str(name).split("__", 1)[1] for name in pipeline.get_feature_names_out()]
    return Fitted(pipeline, names, list(done.values()))


def _useless(values: pd.Series, kind: str) -> str:
    """Why a column is left out; empty where it is not."""
    if kind == "identifier":
        return "left out: it only tells rows apart"
    present = values.dropna()
    if not len(present):
        return "left out: nothing in it"
    if kind == "category":
        counts = present.value_counts()
        if len(counts) == 1 and len(present) == len(values):
            return f"left out: always {textwrap.shorten(repr(counts.index[0]), 60, placeholder='…')}"
        if counts.iloc[0] < _rare(len(values)) and len(counts) > 1:
            return "left out: every text is rare, so it only tells rows apart"
    elif present.min() == present.max():
        return "left out: constant"
    return ""


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


def _numeric(
    step: Pipeline | SimpleImputer, names: list[str], kind: str, method: str, missing: dict[str, int]
) -> dict[str, Treatment]:
    scaled = kind != "boolean" and method != "none"
    fitted = SCALERS[method][1](step[-1]) if scaled else (np.full(len(names), np.nan),) * 2
    with_what = "the most frequent value" if kind == "boolean" else "the median"
    as_what = {"number": "", "boolean": "as 0 and 1", "date": "as days"}[kind]
    found = {}
    for name, center, scale in zip(names, *fitted, strict=True):
        parts = [as_what, f"{missing[name]:,} missing: {with_what}" if missing[name] else ""]
        parts.append(f"scaled ({method})" if scaled else "" if as_what else "as it is")
        found[name] = Treatment(
            name,
            kind,
            "; ".join(part for part in parts if part),
            1,
            center=float(center) if scaled else None,
            scale=float(scale) if scaled else None,
        )
    return found


def _encoded(step: Pipeline, names: list[str], missing: dict[str, int]) -> dict[str, Treatment]:
    encoder, found = step[-1], {}
    for name, every, rare in zip(names, encoder.categories_, encoder.infrequent_categories_, strict=True):
        n_rare = 0 if rare is None else len(rare)
        n_inputs = len(every) - n_rare + bool(n_rare)
        parts = [f"one-hot: {len(every):,} texts"]
        if n_rare > 1:
            parts.append(f"{n_rare:,} rare ones as one")
        if missing[name]:
            parts.append(f"{missing[name]:,} missing: {_missing_as(list(every), list(rare) if n_rare else [])}")
        found[name] = Treatment(name, "category", "; ".join(parts), n_inputs)
    return found


def _missing_as(every: list[str | None], rare: list[str | None]) -> str:
    """What missing texts are encoded as, which the rows fitted on may lack."""
    if None in every and None not in rare:
        return "a text of its own"
    return "as a rare one" if rare else "as none of them"
