"""An engine's own process: a Wyoming server on a unix socket around one model in one thread. Begin at host.py."""
