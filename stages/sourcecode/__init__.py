"""What Python code reaches, read from its syntax tree: which files it imports, and which definitions it uses."""
