"""What the operating system refuses, in words."""

import os


def in_words(error: Exception) -> str:
    """`Connection refused`, without the number that Python puts before it; any other error as it is."""
    if not isinstance(error, OSError):
        return str(error)
    known = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else ""
    return known or error.strerror or str(error)
