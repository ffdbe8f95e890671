"""Programs in which every schedule gives what their author wants, however much they look like racy ones."""
