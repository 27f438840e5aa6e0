"""Facts in words, where a terminal and the report say the same; they decide nothing of what a stage writes."""
