"""What a comparison can train within a budget: how fast each loss trains, and the sizes that fit."""
