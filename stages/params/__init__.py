"""``params.yaml``: what may stand in it, how it is read, and how a mistake in it is explained."""
