"""What callers give and get: requests, responses, events, files, forms."""
