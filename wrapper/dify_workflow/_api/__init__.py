"""The operations of the API as flows: requests, replies, retries. No I/O."""
