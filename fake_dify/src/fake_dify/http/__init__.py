"""HTTP: connections, the application that finds the operation, what goes out and what breaks it."""
