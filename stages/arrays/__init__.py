"""Sources whose features are arrays of any shape: images, sequences and the like, each kind a module in `kinds`."""
