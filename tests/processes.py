"""Processes as Linux tells of them (proc(5)), of which any may end between two looks."""

from pathlib import Path


def children(pid: int | str = "self") -> set[int]:
    """What this process has started, zombies included."""
    listed = (_read(task / "children") for task in Path(f"/proc/{pid}/task").glob("*"))
    return {int(child) for children in listed for child in children.split()}


def command(pid: int) -> list[bytes]:
    """The words that it was started with; none when it has ended."""
    return _read(Path(f"/proc/{pid}/cmdline")).split(b"\0")[:-1]


def has_ended(pid: int) -> bool:
    """Gone, or a zombie that nobody has reaped."""
    return _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()[:1] in ([], [b"Z"])


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
