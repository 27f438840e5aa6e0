"""What a user runs beside the pipeline."""
