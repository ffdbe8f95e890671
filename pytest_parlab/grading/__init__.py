"""What it is worth: exercises, tasks, points and the results file."""
