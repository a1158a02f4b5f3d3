"""HTTP on a unix socket, for the command line of whoever may open it."""
