"""What arrives from outside: one frontend for each protocol."""
