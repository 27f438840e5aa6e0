"""What the page about losses, networks and scores of one's own shows is code that does what it says there."""

import re

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from stages.training.backend import keras
from stages.usercode.loading import find
from tests.projects import ROOT

TEXT = (ROOT / "stages/custom/README.md").read_text(encoding="utf-8")
CODE = dict(re.findall(r"^```python\n# stages/custom/(\w+)\.py\n(.+?)^```", TEXT, re.MULTILINE | re.DOTALL))
TRUTH = np.array([[0.0], [1.0], [1.0], [0.0]], np.float32)
GIVEN = np.array([[0.2], [0.9], [0.4], [0.4]], np.float32)


@pytest.fixture
def shown(write_own):
    """The functions that the page shows, by their names."""
    for name, text in CODE.items():
        write_own(name, text)
    defined = {name: re.findall(r"^def (\w+)", text, re.MULTILINE) for name, text in CODE.items()}
    return {function: find(f"{name}:{function}") for name, functions in defined.items() for function in functions}


def test_every_function_of_the_page_does_what_it_says(shown):
    assert set(shown) == {"pinball", "costly", "pairs", "wide_and_deep", "cost"}

    pinball = np.array(shown["pinball"](TRUTH, GIVEN))
    assert pinball.shape == (4,)
    assert pinball.mean() == pytest.approx(mean_pinball_loss(TRUTH, GIVEN, alpha=0.9))

    amount = np.array([1, 2, 3, 4], np.float32)
    of_the_true_class = np.where(TRUTH == 1, GIVEN, 1 - GIVEN)[:, 0]
    costly = np.array(shown["costly"](TRUTH, keras.ops.convert_to_tensor(GIVEN), {"amount": amount}))
    assert costly == pytest.approx(-amount * np.log(of_the_true_class), rel=1e-4)

    margins = np.array([0.9 - 0.2, 0.9 - 0.4, 0.4 - 0.2, 0.4 - 0.4])  # of each row of class 1 above each of class 0
    assert float(shown["pairs"](TRUTH, GIVEN, np.ones(4, np.float32))) == pytest.approx(
        np.log1p(np.exp(-4 * margins)).mean(), rel=1e-5
    )

    network = shown["wide_and_deep"](3, 2, "softmax")
    assert (network.input_shape, network.output_shape) == ((None, 3), (None, 2))

    assert shown["cost"](np.array([0, 1, 1, 0]), np.array([0, 1, 0, 1])).tolist() == [0, 0, 100, 1]
