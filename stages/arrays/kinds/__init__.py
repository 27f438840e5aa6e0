"""The kinds of source that give arrays, a module each with a class ``Source``: to add one is to add a module."""
