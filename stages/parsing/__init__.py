"""Files to columns: how a file is written, which texts are numbers and dates, and what is odd about that."""
