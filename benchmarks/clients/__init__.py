"""One module for each client; each has a class `Sync`, and `Async` where the client has that."""
