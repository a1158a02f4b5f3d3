"""What the operating system refuses, in words."""

import os
import ssl


def in_words(error: Exception) -> str:
    """`Connection refused`, without the number that Python puts before it; any other error as it is."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):  # its numbers are not the system's; what Python itself raises has no reason
        return f"TLS failed ({(getattr(error, 'reason', None) or str(error)).replace('_', ' ').lower()})"
    if not isinstance(error, OSError):
        return str(error)
    known = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else ""
    return known or error.strerror or str(error)
