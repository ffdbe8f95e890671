"""Who is trusted: the judge's side, the host that runs the learner's code, and the channel between."""
