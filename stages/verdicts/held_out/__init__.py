"""What is fitted on rows that a network did not learn from, and judged on others: thresholds and calibrations."""
