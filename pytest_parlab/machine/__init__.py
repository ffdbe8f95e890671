"""Where it ran: usable cores, noise, the process tree and its clean-up."""
