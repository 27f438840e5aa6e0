import json

from stages.basics import paths
from stages.commands import show_answer


def test_make_ends_with_an_answer_a_comparison_and_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    paths.VERDICTS.parent.mkdir()
    answers = {"houses": "Use mse, the usual loss. mae is as good.", "sick": "Use hinge: it is best."}
    verdicts = {name: {"answer": answer} for name, answer in answers.items()}
    paths.VERDICTS.write_text(json.dumps(verdicts), encoding="utf-8")
    show_answer.main()
    assert capsys.readouterr().out.splitlines() == [
        "houses: Use mse, the usual loss. mae is as good.",
        "sick: Use hinge: it is best.",
        "Read reports/report.html; look at the runs with: make ui",
    ]
