"""How many files and connections this process may have open at a time."""

import resource


def allow(count: int) -> bool:
    """Have room for so many, or as many as the system lets us (setrlimit(2)); False where those are fewer.

    It is 1024 where nobody says otherwise, for the sake of programs that use select(2).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most == count
