"""Reference clips to enrol: espeak-ng reading aloud, as no recording of a person may lie in a repository."""

import subprocess
from pathlib import Path

TRANSCRIPT = (
    "The washing machine in the basement has finished its cycle. Someone is at the front door right now. "
    "The temperature in the living room is twenty one degrees."
)
"""About eight seconds."""


def speech(voice: str = "en-us", text: str = TRANSCRIPT) -> bytes:
    """A WAV at 22,050 Hz."""
    made = subprocess.run(["espeak-ng", "-v", voice, "--stdout", text], capture_output=True, check=True, timeout=30)
    return made.stdout


def speech_file(path: Path, voice: str = "en-us", text: str = TRANSCRIPT) -> Path:
    """The same as a file."""
    path.write_bytes(speech(voice, text))
    return path
