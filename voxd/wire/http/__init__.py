"""HTTP as a client speaks it: the only home of aiohttp."""
