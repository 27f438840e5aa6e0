"""Print the answer of each comparison in a line, and where the report is: what ``make`` ends with."""

from stages.basics import cli, files, paths


def main() -> None:
    """Print what the report says first."""
    for name, verdict in files.read_json(paths.VERDICTS, stage="report").items():
        cli.say(f"{name}: {verdict['answer']}")
    cli.say(f"Read {paths.REPORTS / 'report.html'}; look at the runs with: make ui")


if __name__ == "__main__":
    cli.run(main)
