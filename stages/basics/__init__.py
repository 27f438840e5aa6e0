"""What every package uses: starting a stage, files, paths, naming the nearest."""
