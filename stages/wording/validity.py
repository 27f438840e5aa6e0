"""Whether a loss can learn from a dataset, in words: the same in a terminal and in the report."""

import math

from stages.basics.words import counted, percent
from stages.losses.validity import Kind, Reason, Validity

_SENTENCES: dict[Kind, str] = {
    "another task": "it is for a {task} task",
    "large targets": "the scaled targets are of size {size:,.0f} (root mean square), and {steps}; scale the target",
    "out of reach": "{percent} of the scaled targets are {where}, which {activation} cannot give",
    "own units": "delta {delta:g}, in scaled units, is {own_delta} in the target's own",
    "negative for log": "{percent} of the targets are below 0, and target: log needs 0 or more",
    "mean for ratio": "the mean of the targets is {mean:.3g}, and target: ratio divides by it",
    "no range for robust": "the targets have no interquartile range, so target: robust only shifts them by the median",
    "all clipped": "all scaled targets are below 0, and all count as 0",
    "clipped": "{percent} of the scaled targets are below 0{no_gradient} and all count as 0{to_ratio}",
    "predictions below 0": "predictions below 0 have no gradient; activation: softplus keeps them above",
    "negative": "{percent} of the scaled targets are below 0, where it is not defined{to_positive}",
    "not above 0": "it is for targets above 0, and {zeros} 0",
    "several columns": "it is for one target column",
    "all 0": "all targets are 0, and it divides by them",
    "divides by 0": "it divides by {zeros} at 0, which outweigh all others",
    "divides by little": "{percent} of the scaled targets are so near 0 that each weighs over {times} others",
    "both sides of 0": "the scaled targets lie on both sides of 0, and it divides by how far from it they "
    "are{to_ratio}",
    "one column": "the target is one column, of which it sees no more than the sign",
    "direction alone": "it learns the direction of the target, not its length",
    "no order": "it is for classes in an order, and the dataset names none",
    "on a line": "to it both ends of a turn of {period:g} are far apart, which here are neighbours",
    "no shares": "it is for shares between 0 and 1, and {percent} of the targets are none",
    "no yes/no": "its loss for '{name}' is for yes and no, or 0 and 1, and {percent} of its values are neither",
    "one class": "all train rows are of class '{name}'",
    "absent classes": "class '{name}'{and_more} no train row",
    "whole batches": "it has one value for each batch of {batch_size}, so it depends on the batch "
    "size{without}{weighed}",
    "alpha unused": "alpha acts only with apply_class_balancing: true",
}
_STEPS = {
    "grow": "its steps grow with the error, so training may fail",
    "shrink": "its steps shrink as predictions grow, so it may learn little",
}
_TO_RATIO = "; target: ratio beside the loss divides it by its mean instead"


def in_words(judged: Validity) -> str:
    """A judgement on one line: the level, and why."""
    level = "cannot learn from it" if judged.level == "cannot" else judged.level
    return ": ".join(filter(None, [level, "; ".join(reasons(judged))]))


def reasons(judged: Validity) -> list[str]:
    """Why a loss is judged so, each reason in words."""
    return [_SENTENCES[reason.kind].format(**(reason.facts | _words(reason))) for reason in judged.reasons]


def _words(reason: Reason) -> dict[str, str]:
    """What a sentence may hold beside the facts as they are."""
    facts = reason.facts
    words = {"percent": percent(facts.get("share", 0.0)), "to_ratio": _TO_RATIO if facts.get("never_negative") else ""}
    match reason.kind:
        case "large targets":
            words["steps"] = _STEPS[facts["steps"]]
        case "out of reach":
            low, high = facts["low"], facts["high"]
            words["where"] = f"below {low}" if math.isinf(high) else f"outside {low} to {high}"
        case "own units":
            words["own_delta"] = f"{facts['own']:,.0f}" if facts["own"] >= 1000 else f"{facts['own']:.3g}"
        case "clipped":
            words["no_gradient"] = "" if facts["above"] else ", where predictions have no gradient,"
        case "negative":
            words["to_positive"] = words["to_ratio"] or "; scale the target by minmax"
        case "divides by 0":
            words["zeros"] = counted(facts["n_zeros"], "target")
        case "not above 0":
            words["zeros"] = f"{counted(facts['n_zeros'], 'target')} {'is' if facts['n_zeros'] == 1 else 'are'}"
        case "absent classes":
            words["and_more"] = f" and {facts['n_absent'] - 1} more have" if facts["n_absent"] > 1 else " has"
        case "whole batches":
            hold_none = f", and {words['percent']} of the batches hold no row of class '{facts['name']}'"
            words["without"] = hold_none if facts["share"] >= 0.01 else ""
            words["weighed"] = ", and what each row counts makes no difference to it" if facts["is_weighed"] else ""
    return words
