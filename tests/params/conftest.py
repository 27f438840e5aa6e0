"""The project's parameters with a table of one's own, to be edited and checked."""

import pytest

from stages.params.load import ParamsError, check_params

HUBER_SMALL = {"loss": "huber", "delta": 0.2, "as": "huber_small"}
PINBALL = {"loss": "my_losses:pinball", "as": "pinball90", "targets": "value"}


@pytest.fixture
def values(defaults):
    """The published comparisons, one for each dataset, and one of a table."""
    compared = {name: each for name, each in defaults["comparisons"].items() if "dataset" not in each}
    defaults |= {"comparisons": compared, "report": {"headline": {"regression": "mse"}}}
    defaults["datasets"]["houses"] = {"source": {"file": "data/external/houses.csv", "target": "price"}}
    defaults["comparisons"]["houses"] = {"losses": ["mse", dict(HUBER_SMALL), dict(PINBALL)]}
    return defaults


@pytest.fixture
def check(values):
    """Set keys at paths of names between dots, or remove them where `...` is given, and check the whole."""

    def edit_and_check(edits=()):
        for path, value in dict(edits).items():
            inside = values
            *above, last = path.split(".")
            for name in above:
                inside = inside.setdefault(name, {})
            if value is ...:
                del inside[last]
            else:
                inside[last] = value
        return check_params(values)

    return edit_and_check


@pytest.fixture
def mistakes(check):
    """The mistakes that edited parameters hold."""

    def refused(edits):
        with pytest.raises(ParamsError) as raised:
            check(edits)
        return raised.value.mistakes

    return refused
