"""The parameters, read from ``params.yaml`` and checked in one place.

`load_params` returns the whole file as frozen pydantic models, or raises `UserError` with one line for
each mistake: the key's path, what was given, what is allowed, and the nearest valid name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

from stages.basics import paths
from stages.basics import suggest as mistakes
from stages.basics.cli import UserError
from stages.params import contradictions as checks
from stages.params.schema import Params
from stages.records.datasets import Description


def load_params(path: Path = paths.PARAMS) -> Params:
    """Read and check the parameters.

    Raises:
        UserError: one line for each mistake in the file.
    """
    try:
        return parse_params(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing; run this in the project's folder") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start})") from error


def parse_params(text: str, path: Path = paths.PARAMS) -> Params:
    """Check parameters in YAML.

    Args:
        text: what the file holds.
        path: what the file is called where mistakes are told.

    Raises:
        UserError: one line for each mistake.
    """
    try:
        given = yaml.load(text, _EachKeyOnce)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UserError(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(given, dict):
        raise UserError(
            f"{path}: the keys {', '.join(Params.model_fields)} are needed; the file holds {mistakes.show(given)}"
        )
    try:
        params = Params.model_validate(given)
    except ValidationError as error:
        refuse((f"{mistakes.key_path(detail, given)}{mistakes.explain(detail)}" for detail in error.errors()), path)
        raise
    refuse(checks.contradictions(params), path)
    return params


class _EachKeyOnce(yaml.SafeLoader):
    """A loader for which a key that stands twice is a mistake; PyYAML takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Make a dictionary, unless a key stands twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key '{key.value}' stands twice", problem_mark=key.start_mark
                )
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def check_data(params: Params, found: Mapping[str, Description]) -> None:
    """Check the parameters against what was found out of the datasets.

    Raises:
        UserError: one line for each mistake.
    """
    refuse(checks.contradictions_with_data(params, found))


def refuse(lines: Iterable[str], path: Path = paths.PARAMS) -> None:
    """Raise `UserError` with these lines, each of which begins with a key's path, if there are any."""
    if found := list(dict.fromkeys(f"{path}: {line}" for line in lines)):
        raise UserError(*found)
