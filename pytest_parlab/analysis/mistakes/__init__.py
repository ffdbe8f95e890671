"""The classic mistakes: one detector each, a pure function of the trace."""
