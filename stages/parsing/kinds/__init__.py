"""The kinds of files beside CSV, of which each is a module: see `stages.parsing.file_kinds`."""
