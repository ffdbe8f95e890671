"""The `parlab` command."""
