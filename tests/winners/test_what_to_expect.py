import pytest

from stages.records.winners import Recommended
from stages.winners import app


@pytest.mark.parametrize(
    ("averaged", "over", "expected"),
    [
        (9.87, (3, 3), "; on test rows rmse 9.87 for averages of 3 networks, 10.1 for one network"),
        (9.87, (1, 10), "; on test rows rmse 9.87 for averages of 1 to 10 networks, 10.1 for one network"),
        (None, None, "; on test rows rmse 10.1 for one network"),
    ],
)
def test_the_score_of_what_predicts_stands_before_that_of_one_network(averaged, over, expected):
    recommended = Recommended("mse", "rmse", 10.1, beats_constant=True, averaged=averaged, averaged_over=over)
    assert app._on_test_rows(recommended) == expected
