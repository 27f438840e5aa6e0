"""The layers of networks for rows of any shape, and how their operations lie on the replica axis."""
