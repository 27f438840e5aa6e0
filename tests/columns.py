"""What columns are read as and kept as, for tests of files and of columns alone."""

from dataclasses import replace

from stages.parsing import readers, reading


def tidy(values, *, as_texts=False):
    """A column as it is kept, and its kind."""
    return readers.fit(values, said="category" if as_texts else None, typed=True).tidied


def read(source, key):
    """What files hold, numbers and booleans as they are read; the files; how they are written."""
    made = reading.read(source, key)
    how = {"quoted": made.is_quoted, "typed": made.typed, "sure": source.decimal is not None}
    fitted = {name: readers.fit(made.table[name], made.decimal, **how) for name in made.table}
    kept = {}
    for name, each in fitted.items():
        match each.reader.kind:
            case "number":
                kept[name] = each.column
            case "boolean":
                kept[name] = each.column.map({1.0: True, 0.0: False})
            case "date":
                kept[name] = made.table[name].where(each.column.notna())
    table = made.table.assign(**kept)
    marks = [each.grouping for each in fitted.values() if each.grouping]
    return table, made.files, replace(made.written, thousands=marks[0]) if made.written and marks else made.written
