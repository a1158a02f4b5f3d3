"""The Containerfile: in step with what voxd needs elsewhere, and nothing unlocked in it."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FILE = (ROOT / "Containerfile").read_text().replace("\\\n", " ")
LAST_STAGE = FILE[FILE.rindex("\nFROM ") :]
FOR_BUILDING = {"gcc", "libsystemd-dev", "pkg-config", "python3-dev", "python3-venv"}
ANOTHER_MACHINES = {"mosquitto", "mosquitto-clients"}


def needed() -> set[str]:
    """What `make run` needs."""
    lines = (ROOT / "config/packages/run.txt").read_text().splitlines()
    return {name for line in lines if (name := line.split("#")[0].strip())}


def test_what_make_run_needs_is_in_the_image_but_for_what_builds_and_the_broker() -> None:
    words = set(LAST_STAGE.replace('"', " ").split())
    assert needed() - words == (FOR_BUILDING | ANOTHER_MACHINES) - {"gcc", "python3-dev"}, "a GPU needs those two"


def test_nothing_is_installed_that_is_not_locked_with_its_hash() -> None:
    from_index = [line for line in FILE.splitlines() if "-r /locks" in line or '-r "/locks' in line]
    assert len(from_index) == 2
    assert all("--require-hashes --no-deps" in line for line in from_index)
    others = FILE.count("pip wheel") + FILE.count("pip install") + FILE.count("python install") - len(from_index)
    assert others == FILE.count("--no-index")


def test_the_context_is_named_file_by_file() -> None:
    lines = (ROOT / ".containerignore").read_text().splitlines()
    assert [line for line in lines if not line.startswith(("#", "!"))] == ["*", "**/__pycache__"]
    admitted = {line[1:] for line in lines if line.startswith("!")}
    assert admitted == {"LICENSE", "README.md", "config/locks", "pyproject.toml", "setup.cfg", "voxd"}
