"""A mistake in the parameters as data, and the one place that puts it into words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stages.basics import suggest


@dataclass(frozen=True)
class Mistake:
    """One thing to mend in the parameters.

    Attributes:
        key: path of the key at fault, as in ``comparisons.circles.losses[1].delta``; empty for the whole.
        kind: what is wrong: a key of `ALLOWED` or `SENTENCES`.
        value: what stands there.
        names: the names that may stand there, where only some names may.
        facts: what else its sentence says.
    """

    key: str
    kind: str
    value: Any = None
    names: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def nearest(self) -> str | None:
        """The allowed name that was probably meant."""
        return suggest.nearest_name(self.value, self.names)

    def below(self, key: str) -> "Mistake":
        """The same mistake, its key's path begun with the path of the key above."""
        dot = "." if self.key and not self.key.startswith("[") else ""
        return replace(self, key=f"{key}{dot}{self.key}")


# what may stand there: "'thirty' given; allowed: …"
ALLOWED = {
    "baseline_type": "recommended, first, a loss's name, or a mapping of comparisons to them",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "budget_type": "none, or minutes or hours, as in 10m or 2h",
    "class_weight_type": "auto, or a mapping of classes to numbers, as in {{no: 1, yes: 5}}",
    "cost_type": "numbers, 0 or more, of which not all are 0: by kind of error, as in {{missed: 100, false_alarm: 1}}, "
    "or by class and what it is taken for, as in {{ill: {{well: 100}}, well: {{ill: 1}}}}; a column's name "
    "in the place of a number, or alone, is what each row holds there",
    "delimiter_type": "one letter that is no quote, or a regular expression without groups",
    "dict_type": "a mapping of keys to values",
    "encoding_type": "a name that Python knows an encoding by, as in utf-8, cp1252 or latin-1",
    "entry_type": "a loss's name, or a mapping with the key loss",
    "finite_number": "a number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "horizons_type": "steps that rise, as in [2000, 6000, 18000]",
    "kind_type": "number, category, date, or a form of dates as in '%d/%m/%Y'",
    "less_than": "below {lt:g}",
    "less_than_equal": "{le:g} or less",
    "list_type": "a list",
    "looks_type": "a multiple of 10: seeds come in looks of ten",
    "loss_reference": "module:function, as in my_losses:pinball",
    "loss_type": "a loss's name",
    "model_attributes_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "number_type": "a number",
    "order_type": "three classes or more, from the lowest to the highest, as in [low, medium, high]",
    "plan_type": "full, or a mapping of keys to values",
    "rates_type": "auto, a number above 0, or a list of numbers to choose from",
    "reference_type": "module:function, as in my_models:build",
    "rows_type": "rows (a whole number, 1 or more) or a share (above 0, below 1)",
    "seeds_type": "a whole number, or {{at_most: 60}}: as many as are needed",
    "selector_type": "all, one name, or a list of names",
    "shares_type": "two shares or more, between 0 and 1, that rise, as in [0.1, 0.5, 0.9]",
    "string_pattern_mismatch": "letters, digits, '_', '-' and '.', not starting with '-' or '.'",
    "string_too_short": "{min_length} or more letters",
    "string_type": "a name",
    "too_long": "{max_length} at most",
    "tuple_type": "a list",
    "whole_type": "a whole number",
    "zero_type": "a number other than 0",
    "word_type": "a text or a number",
}

# everything else that can be wrong
SENTENCES = {
    "activation_unsuited": "{value} does not suit targets {targets}; allowed: {names}",
    "all_left_out": "selects nothing of what compare: {compare} leaves; allowed: all, or any of {names}",
    "all_stands_alone": "'all' stands alone, without other names",
    "augment_of_positions": "changes an image and not its target, which has a value at each pixel; leave it out",
    "augment_without_images": "is for images, whose rows have 3 axes, channels included, and a row of {dataset} "
    "has {has}; leave it out",
    "beside_source": "{value} is a key of the dataset; write it beside source:, not in it",
    "class_split": "{value} needs classes, and the target is values; allowed: {names}",
    "cost_and_headline": "decides, and so would report.headline.{name}; leave one of the two out",
    "cost_by_kind": "goes by kind of error, of which {n_classes} classes have more than two; "
    "give it by class and what it is taken for: {{{first}: {{{second}: 100}}, …}}",
    "cost_without_table": "{value} needs a table's column; {generator} has none",
    "cost_without_classes": "is for classes, and the target is values; leave it out",
    "class_twice": "{value} stands twice",
    "class_unknown": "{value} is not a class{nearest} Classes: {names}",
    "column_without_group": "goes with method: group; the method is {method}",
    "copies_without_table": "goes with a table; {generator} makes no copies of rows",
    "feature_is_target": "{value} is the target; allowed: other arrays",
    "file_outside": "{value} is not in {folder}, where DVC sees it change; copy it there, "
    "or let this do it: make try FILE=… TARGET=…",
    "fixed_without_draw": "goes with method: shuffle, stratified or group, without folds; the method is {method}",
    "origins_without_first": "goes with method: first; the method is {method}",
    "folds_and_train": "folds say how many rows train; leave one of the two out",
    "folds_without_method": "goes with method: kfold or group; the method is {method}",
    "transformed_classes": "{value} is for values, and targets: {targets} are classes; leave it out",
    "group_share": "{value} given; allowed with method: group: a share of the groups (above 0, below 1)",
    "group_without_column": "is missing; method: group needs the column that names the groups",
    "group_without_table": "{value} needs a table's column that names the groups; {generator} has none",
    "head_missing": "has no loss for {value}; each of several targets needs one",
    "head_of_own": "{value} is your own, and one of several targets has a loss of the catalogue",
    "head_unknown": "{value} is not a target{nearest} Targets: {names}",
    "head_unsuited": "{value} is not for one of several targets, as it is; allowed, with their own parameters: {names}",
    "heads_without_targets": "goes with several columns, as in target: [price, sold], and {name} has one target",
    "label_weights": "{n_weights} given for {n_targets} targets; each needs one, or name some: {{sport: 2}}",
    "literal_error": "{value} is not allowed here{nearest} Allowed: {names}",
    "literal_type": "{value} given; allowed: {names}",
    "missing": "is missing",
    "model_and_layers": "builds the whole network; leave out {layers}",
    "name_taken": "{value} has a meaning of its own; choose another name",
    "name_twice": "{value} goes by the name '{name}', as '{other}' does; name one with as:",
    "needs_probability": "{value} needs outputs that are probabilities, and those of '{loss}' are not",
    "no_row_to_test": "{value} leaves no row to test; allowed: 1 to {most} (there are {n_rows} rows)",
    "no_order": "{value} is for classes in an order; write it, as in order: [low, medium, high] under datasets.{name}",
    "order_of_task": "gives classes an order, and task: {task} is not for it; leave task out",
    "not_compared": "{value} is not a loss compared{nearest} Allowed: {names}",
    "not_compared_here": "{value} is not a loss compared here{nearest} Allowed: {names}",
    "needs_labels": "{value} is for several yes/no columns, and the target is not; choose another score",
    "needs_positions": "{value} is for masks, and the target is one for each row; choose another score",
    "nothing_selected": "is empty; allowed: all, or any of {names}",
    "one_class_a_row": "{value} needs one class for each row, and masks and labels have several; leave it out",
    "one_figure_twice": "{value} makes the figure {figure}, and so does a loss of {other}; "
    "give it another name with as:",
    "other": "{value} given: {message}",
    "names_without_table": "goes with a table; {generator} has no names of classes",
    "references_of_positions": "are models of one target for each row, and here a row has several; leave it out",
    "period_and_exposure": "is of values that begin anew, and exposure: makes rates of them; leave one of the two out",
    "period_of_classes": "is of values that begin anew, and the target is classes; leave one of the two out",
    "period_of_dataset": "{value} is not the period of the dataset, {period:g}; leave it out here",
    "period_of_score": "{value} is of another period than the dataset; write {own}, or leave it out",
    "period_of_several": "is of one target, and there are {n_targets}; add a dataset for each",
    "period_without_table": "goes with a table or arrays; nothing that {generator} makes begins anew",
    "rate_twice": "{rate:g} stands twice",
    "value_twice": "{value} stands twice",
    "schedule_twice": "{schedule} stands twice",
    "same_loss": "{value} is the same loss as '{other}'; list each once, or name one with as:",
    "scale_of_channels": "{value} goes with a table; the channels of arrays are scaled by: none, standard, minmax",
    "scaled_classes": "{value} scales values, and the target is classes; allowed: none",
    "selected_nowhere": "{value} is in no comparison, and its task is that of none{instead}; "
    "allowed: all, or any of {names}",
    "several_tasks": "losses of one task are compared; {losses}{instead}",
    "source_unclear": "is neither a generator nor a file; allowed: {allowed} or {{file: …, target: …}}",
    "sizes_part": "rungs.{name}: {part:,} given; allowed: {most:,} at most, as {name} says",
    "sum_of_own": "{value} is your own, and a sum is of losses of the catalogue; add them up in your own function",
    "sum_unlike": "{value} cannot be added to '{first}': the losses of a sum have the same targets and outputs, and "
    "one value of each parameter; leave it out",
    "sum_weights": "{n_weights} given for {n_losses} losses; each needs one",
    "target_dropped": "{value} is the target; allowed: other columns",
    "target_twice": "{value} stands twice",
    "too_few": "{actual_length} given; allowed: {min_length} or more",
    "too_short": "is empty; allowed: at least one",
    "unknown_comparison": "{value} is not a comparison{nearest} Comparisons: {names}",
    "unknown_dataset": "{value} is not a dataset{nearest} Datasets: {names}",
    "unknown_generator": "{value} is not a generator{nearest} Allowed: {names}",
    "unknown_key": "{value} is not a key here{nearest} Keys: {names}",
    "unknown_loss": "{value} is not a loss{nearest} Losses{for_task}: {names}",
    "unknown_network": "{value} is not a kind of network{nearest} Allowed: {names}",
    "unsuited_network": "{value} is for rows of {axes} axes, channels included, and a row of {dataset} has {has}; "
    "allowed: {names}",
    "unknown_score": "{value} is not a score{nearest} Scores{of_task}: {names}",
    "unknown_task": "{value} is not a task{nearest} Tasks: {names}; of classes in an order say it: "
    "order: [low, medium, high] beside source:",
    "unknown_selection": "{value} is not a loss{nearest} Allowed: {names}",
    "upside_down": "[{low:g}, {high:g}] is upside down; allowed: [low, high]",
    "weighed_batch": "'{loss}' has one value for a whole batch, so its rows cannot be weighed; leave it out",
    "weighed_nothing": "no class counts for anything; one needs a weight above 0",
    "weighed_values": "weighs classes, and targets: value are none; leave it out",
    "weight_is_target": "{value} is the target; allowed: other columns",
    "weight_and_exposure": "rows count by exposure: already; leave one of the two out",
    "weights_without_labels": "goes with several yes/no columns, as in target: [sport, news]; of classes: class_weight",
    "wrong_source_task": "{value} does not fit {generator}, which gives {target}; allowed: {own_task}",
    "wrong_task": "{value} is a loss for a {own_task} task{instead}; losses{for_task}: {names}",
}


_BESIDE_SOURCE = ("task", "scale", "split", "positive", "order", "period")


def in_words(mistake: Mistake) -> str:
    """The line a user reads: the key's path, what stands there, what is allowed, and the nearest name."""
    task = mistake.facts.get("task")
    facts = {
        "value": suggest.show(mistake.value),
        "names": ", ".join(mistake.names),
        "nearest": suggest.nearest(mistake.value, mistake.names),
        "for_task": f" for a {task} task" if task else "",
        "of_task": f" of a {task} task" if task else "",
        "instead": _instead(mistake.facts.get("namesakes", {})),
        **mistake.facts,
    }
    sentence = SENTENCES.get(mistake.kind) or f"{{value}} given; allowed: {ALLOWED[mistake.kind]}"
    return f"{mistake.key}{': ' if mistake.key else ''}{sentence.format(**facts)}"


def _instead(namesakes: dict[str, str]) -> str:
    """What a loss is called for other tasks, by task."""
    return "".join(f"; for a {task} task it is '{name}'" for task, name in namesakes.items())


def findings(error: ValidationError, values: Any) -> Iterator[Mistake]:
    """The mistakes that pydantic found in what a file, or a part of one, holds."""
    for detail in error.errors():
        yield _mistake(detail, _key_path(detail, values))


def _mistake(detail: ErrorDetails, key: str) -> Mistake:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    match kind:
        case "missing":
            return Mistake(key, kind)
        case "unknown_key" if key.endswith(".source") and context["value"] in _BESIDE_SOURCE:
            return Mistake(key, "beside_source", context["value"])
        case "unknown_key" | "unknown_generator" | "unknown_network":
            return Mistake(key, kind, context["value"], context["names"])
        case "literal_error":
            names = _quoted(context["expected"])
            unknown = "unknown_task" if key.endswith(".task") else kind
            return Mistake(key, unknown if isinstance(value, str) else "literal_type", value, names)
        case "too_short" if context["min_length"] > 1:
            return Mistake(key, "too_few", value, facts=context)
        case _ if kind in ALLOWED or kind in SENTENCES:
            return Mistake(key, kind, value, facts=context)
        case _:
            return Mistake(key, "other", value, facts={"message": detail["msg"]})


def _key_path(detail: ErrorDetails, values: Any) -> str:
    """The path of the key at fault as it stands in the file, less what pydantic adds to its locations."""
    path = ""
    for part in detail["loc"]:
        if isinstance(part, int) and isinstance(values, list):
            path, values = f"{path}[{part}]", values[part] if part < len(values) else None
        elif isinstance(values, dict) and (
            part in values or (detail["type"] == "missing" and part == detail["loc"][-1])
        ):
            path, values = f"{path}.{part}" if path else str(part), values.get(part)
    return path


def _quoted(words: str) -> tuple[str, ...]:
    return tuple(re.findall(r"'([^']*)'", words))
