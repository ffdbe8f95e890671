"""The pytest glue: hooks, options, markers and fixtures. The only package that imports pytest."""
