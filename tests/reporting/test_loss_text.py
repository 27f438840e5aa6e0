from dataclasses import replace

import pytest

from stages.losses.catalogue import LOSSES
from stages.losses.target_transform import TARGET_TRANSFORMS
from stages.params.loss_entry import resolve
from stages.reporting.texts import loss_text


@pytest.mark.parametrize(
    ("entry", "named", "in_full"),
    [
        ("mse", "`mse`", "`mse`"),
        ({"loss": "msle", "target": "ratio"}, "`msle` on target ÷ its mean, softplus output", None),
        (
            {"loss": "mse", "target": "log", "as": "mse_log"},
            "`mse_log` on log(1 + target)",
            "`mse_log` = mse, on log(1 + target)",
        ),
        ({"loss": "huber", "delta": 0.2, "as": "small"}, "`small`", "`small` = huber delta 0.2"),
        (
            {"loss": "my:f", "targets": "value", "target": "none"},
            "`f` on target as it is",
            "`f` = my:f, on target as it is",
        ),
    ],
    ids=str,
)
def test_the_target_transform_of_a_loss_stands_beside_its_name(entry, named, in_full):
    loss = resolve(entry, "regression")
    assert loss_text.named(loss) == named
    assert loss_text.named(loss, full=True) == (in_full or named)


@pytest.mark.parametrize(
    ("weights", "words"),
    [("auto", "weighted by class (auto)"), ({"no": 1, "yes": 5}, "weighted by class (no 1, yes 5)")],
)
def test_weights_of_classes_stand_beside_the_name(weights, words):
    loss = resolve({"loss": "hinge", "class_weight": weights, "as": "heavy"}, "binary")
    assert loss_text.named(loss) == f"`heavy` {words}"
    assert loss_text.named(loss, full=True) == f"`heavy` = hinge, {words}"


def test_every_target_transform_has_its_words():
    words = {loss_text.variant(replace(LOSSES["mse"], target_transform=name)) for name in TARGET_TRANSFORMS}
    assert len(words) == len(TARGET_TRANSFORMS)
    assert all(each.startswith("on ") for each in words)
