"""The parameters, read from ``params.yaml`` and checked in one place.

`load_params` returns the whole file as frozen pydantic models, or raises `ParamsError` with one line for
each mistake: the key's path, what stands there, what is allowed, and the nearest valid name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML, YAMLError

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.params.budget import Budgeted, path_of
from stages.params.contradictions import contradictions, contradictions_with_data
from stages.params.explain import Mistake, findings, in_words
from stages.params.schema import Params, Train
from stages.records.datasets import Description

Checked = TypeVar("Checked", bound=BaseModel)


class ParamsError(UserError):
    """Mistakes in the parameters: as data in `mistakes`, and in words, a line for each."""

    def __init__(self, mistakes: Iterable[Mistake], path: Path = paths.PARAMS) -> None:
        self.mistakes = list(mistakes)
        super().__init__(*dict.fromkeys(f"{path}: {in_words(mistake)}" for mistake in self.mistakes))


def load_params(path: Path = paths.PARAMS) -> Params:
    """Read and check the parameters.

    Raises:
        UserError: there is no such file, or it is not YAML.
        ParamsError: it holds mistakes.
    """
    return check_params(read_values(path), path)


def load_planned(path: Path = paths.PARAMS) -> Params:
    """Read and check the parameters, with the plans by which comparisons keep their budgets.

    Raises:
        UserError: see `load_params` and `read_plan`.
    """
    return with_plans(load_params(path))


def with_plans(params: Params) -> Params:
    """Parameters with the plans by which comparisons keep their budgets.

    Raises:
        UserError: see `read_plan`.
    """
    return params.within({name: read_plan(params, name) for name in params.comparisons if params.has_budget(name)})


def read_plan(params: Params, comparison: str) -> Budgeted:
    """The plan by which a comparison keeps its budget.

    Raises:
        UserError: there is none, it was made for another budget, or it is not YAML.
        ParamsError: it holds mistakes.
    """
    path, budget = path_of(comparison), params.setup(comparison).budget
    again = f"make budget COMPARISON={comparison}"
    if not path.is_file():
        raise UserError(f"{path} is missing, which says what is trained within {budget}; make it with: {again}")
    plan = _validated(Budgeted, read_values(path), path)
    if plan.budget != budget:
        key = params.budget_key(comparison)
        raise UserError(f"{path} was made for {plan.budget}, and {key} is {budget}; make it again with: {again}")
    return plan


def read_values(path: Path = paths.PARAMS) -> Any:
    """What the file holds, unchecked: mappings, lists, texts, numbers.

    Raises:
        UserError: there is no such file, or it is not YAML.
    """
    try:
        return _read_yaml(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing; run this in the project's folder") from error
    except IsADirectoryError as error:
        raise UserError(f"{path} is a folder, and a file is needed") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start})") from error


def parse_params(text: str, path: Path = paths.PARAMS) -> Params:
    """Check parameters in YAML.

    Args:
        text: what the file holds.
        path: what the file is called where mistakes are told.

    Raises:
        UserError: it is not YAML.
        ParamsError: it holds mistakes.
    """
    return check_params(_read_yaml(text, path), path)


def check_params(values: Any, path: Path = paths.PARAMS) -> Params:
    """Check what a file holds.

    Args:
        values: as YAML reads it: mappings, lists, texts, numbers.
        path: what the file is called where mistakes are told.

    Raises:
        UserError: it is no mapping.
        ParamsError: it holds mistakes.
    """
    params = _validated(Params, values, path)
    _refuse(contradictions(params), path)
    return params


def _validated(model: type[Checked], values: Any, path: Path) -> Checked:
    """What a file holds, as a model; `UserError` where it is no mapping, `ParamsError` where it holds mistakes."""
    if not isinstance(values, dict):
        keys = ", ".join(model.model_fields)
        raise UserError(f"{path}: the keys {keys} are needed; the file holds {suggest.show(values)}")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ParamsError(findings(error, values), path) from error


def _read_yaml(text: str, path: Path) -> Any:
    try:
        # as DVC does: YAML 1.2, where 1e-3 is a number and yes a text, and no key stands twice
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        # what a key that stands twice has for values may be long
        problem = (getattr(error, "problem", None) or str(error).splitlines()[0]).partition(" with value ")[0]
        raise UserError(f"{path}{place}: not YAML: {problem}") from error


def check_data(params: Params, descriptions: Mapping[str, Description]) -> None:
    """Check the parameters against what the datasets turned out to be.

    Args:
        params: the parameters.
        descriptions: what each dataset is, by name.

    Raises:
        ParamsError: what does not fit.
    """
    _refuse(contradictions_with_data(params, descriptions))


def unused_settings(params: Params) -> list[str]:
    """A line for each setting that decides nothing of what is selected.

    One that stands beside an optimizer's name and is another's; a number of seeds that was chosen for all
    comparisons, where each has its own; and a second run of what a budget bounds.
    """
    selected = params.selected()
    optimizers = {params.optimizer_key(name): params.setup(name).optimizer for name in selected}
    own_seeds = [f"comparisons.{name}.seeds" for name in selected if params.comparisons[name].seeds]
    unused = [f"train.seeds is not used: {', '.join(own_seeds)} decides"] if len(own_seeds) == len(selected) else []
    of_others = [
        f"{key}.{setting} is not used: it is a setting of {' and '.join(owners)}, not of {optimizer.name}"
        for key, optimizer in optimizers.items()
        for setting, owners in optimizer.unused().items()
    ]
    unused = unused if params.train.seeds != Train().seeds else []
    return [*unused, *filter(None, (_unused_second_run(params, name) for name in selected)), *of_others]


def _unused_second_run(params: Params, comparison: str) -> str | None:
    """Say why a comparison that is to be trained once more is not: a budget has no time for it, or nothing is tuned."""
    own = params.comparisons[comparison].second_run
    of_all, of_it = f"train.second_run is not used of {comparison}", f"comparisons.{comparison}.second_run is not used"
    key = of_all if own is None else of_it
    if params.asks_for_second_run(comparison) and params.within_budget(comparison):
        return f"{key}: {params.budget_key(comparison)} leaves no time for it"
    if own and not params.setup(comparison).optimizer.is_tuned():
        return f"{key}: its learning rate is given, so nothing was chosen that might not survive"
    return None


def refuse(lines: Iterable[str], path: Path = paths.PARAMS) -> None:
    """Raise `UserError` with these lines, each of which begins with a key's path, if there are any."""
    if lines := list(dict.fromkeys(f"{path}: {line}" for line in lines)):
        raise UserError(*lines)


def _refuse(mistakes: Iterable[Mistake], path: Path = paths.PARAMS) -> None:
    if listed := list(mistakes):
        raise ParamsError(listed, path)
