import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.basics.words import percent


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0 %"),
        (1e-12, "under 0.1 %"),
        (0.0004, "under 0.1 %"),
        (0.0005, "0.1 %"),
        (0.002, "0.2 %"),
        (0.0094, "0.9 %"),
        (0.01, "1 %"),
        (0.0149, "1 %"),
        (0.25, "25 %"),
        (2 / 3, "67 %"),
        (0.99, "99 %"),
        (0.9949, "99 %"),
        (0.995, "over 99 %"),
        (1 - 1e-12, "over 99 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_is_shown_in_percent(share, shown):
    assert percent(share) == shown


@settings(deadline=None)
@given(share=st.floats(0, 1))
def test_no_share_but_none_is_shown_as_none_and_none_but_all_as_all(share):
    shown = percent(share)
    assert (shown == "0 %") == (share == 0)
    assert (shown == "100 %") == (share == 1)
    if shown[0].isdigit():
        assert abs(float(shown.removesuffix(" %")) / 100 - share) <= (0.0051 if share >= 0.01 else 0.00051)
