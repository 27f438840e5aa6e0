"""CSV files, however they are written: encoding, dialect, records, and the table that they hold."""
