"""The sections of the report, a module each: its text, its figures and its template."""
