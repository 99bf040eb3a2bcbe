"""Stands before the real package where tests run commands: an installation has none, only the tests bring it."""

raise ImportError("curate does without pandas")
