"""The report: its words, figures and files."""
