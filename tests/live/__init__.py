"""Checks of the client against a real Dify: `make test-live`."""
