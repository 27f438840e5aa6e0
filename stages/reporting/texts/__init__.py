"""What the report says, in sentences and tables."""
