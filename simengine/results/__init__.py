"""Results: arrays as a labelled dataset, where they came from, and one file per run."""
