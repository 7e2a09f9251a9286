"""The operations of the API as flows: requests, responses, retries. No I/O."""
