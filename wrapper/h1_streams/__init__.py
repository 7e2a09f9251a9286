"""HTTP/1.1 connections for httpcore's pools, in place of its own, which parse by h11.

What httpx, its pools and what hooks into them see is unchanged; a request and its body cost much
less, and each read of a stream has a time-out of its own. `framing` knows the protocol, `exchange`
one request and its response, `state` the way there and what a pool asks (all without I/O);
`connection` and `async_connection` do the I/O, in asyncio over `asyncio_streams`.
"""
