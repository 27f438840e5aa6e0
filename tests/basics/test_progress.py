from stages.basics.progress import bars


def test_nothing_is_shown_where_there_is_no_terminal(capfd):
    with bars({"a": 2, "b": 3}, unit="epochs", heading="all") as show:
        show("a", 2)
        show("b", 1)
    assert capfd.readouterr() == ("", "")
