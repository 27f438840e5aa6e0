"""Where rows come from: what a user's table holds and is, and new rows of it."""
