"""The two clients: `_async` and `_sync` know nothing of each other."""
