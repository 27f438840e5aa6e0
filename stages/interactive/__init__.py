"""Comparing losses from Python: a frame and keywords in, an answer with its verdict, tables and figures out."""
