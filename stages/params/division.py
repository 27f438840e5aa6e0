"""How the rows of a dataset are scaled and divided."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from stages.basics.ranges import Seed, Whole
from stages.basics.section import Section
from stages.params.source import Column
from stages.records.plans import Method


def _rows(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not whole and not (isinstance(value, float) and 0 < value < 1):
        raise PydanticCustomError("rows_type", "neither rows nor a share")
    return value


Scaler = Literal["none", "standard", "minmax", "robust"]


class Scale(Section):
    """How the features and the target are scaled, and on which rows the scaling is fitted.

    Attributes:
        features: for columns of numbers and dates.
        target: for values; ``standard`` when not given. Classes are not scaled.
        fit_on: a scaling fitted on all rows knows something of the test rows.
    """

    features: Scaler = "standard"
    target: Scaler | None = None
    fit_on: Literal["train", "all"] = "train"


class Split(Section):
    """How rows are divided, seed by seed, into those that train and those that test.

    Attributes:
        method: the ``first`` rows train; ``shuffle``; ``stratified`` keeps the share of each class; ``kfold`` tests
            each of several folds in turn, with the share of each class kept; ``group`` keeps the rows with the same
            value of `column` together. When not given: see `method_for`.
        train: how many rows train, or what share of them.
        folds: kfold and group: the folds, each of which is tested on by one seed after another; 10 for kfold when not
            given, fewer where there are too few rows.
        origins: first: into how many stretches of equal length the rows behind those that train are divided, each of
            which is tested on by one seed after another, with networks that train on all that lies before it; one
            when not given.
        column: group: the column that names the groups.
        random_state: decides which rows go where.
        fixed: shuffle, stratified and group: one split for all seeds; otherwise each seed has its own.
        copies: whether copies of a row stay ``together``, on one side of every split, or are taken ``apart``, as if
            each were a row of its own.
    """

    method: Method | None = None
    train: Annotated[int | float, BeforeValidator(_rows)] = 0.8
    folds: Annotated[Whole, Field(ge=2)] | None = None
    origins: Annotated[Whole, Field(ge=2)] | None = None
    column: Column | None = None
    random_state: Seed = 0
    fixed: bool = False
    copies: Literal["together", "apart"] = "together"

    def method_for(self, *, generated: bool, has_classes: bool) -> Method:
        """The method, or where none is named the one that suits: folds, unless it is said how many rows train.

        Args:
            generated: whether the rows come from a generator, whose first rows train as in the published comparisons.
            has_classes: whether the target is classes.
        """
        if self.method:
            return self.method
        if generated:
            return "first"
        if "train" in self.model_fields_set and self.folds is None:
            return "stratified" if has_classes else "shuffle"
        return "kfold"
