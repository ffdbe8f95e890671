"""What it means: pure functions from a Trace to frozen findings."""
