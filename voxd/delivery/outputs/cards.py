"""The sound cards of this machine: by their name, which stays, where their number goes to whoever is plugged in next.

Imported by the audio child, which must start quickly: nothing heavy may be imported here.
"""

import re
from pathlib import Path

CARDS = Path("/proc/asound")
NUMBERED = re.compile(r"\(hw:(\d+),(\d+)\)$")
"""How PortAudio's names of the devices of a card end: the numbers of card and device."""


def stable_name(name: str, cards: Path = CARDS) -> str:
    """ALSA's name for a device of a card that PortAudio calls so, like `hw:CARD=PCH,DEV=0`, as cards are numbered now.

    Empty for what is no card's, or is there no more.
    """
    numbered = NUMBERED.search(name)
    if not numbered:
        return ""
    card = _name_in(cards / f"card{numbered[1]}")
    return f"hw:CARD={card},DEV={numbered[2]}" if card else ""


def is_plugged_in(stable: str, cards: Path = CARDS) -> bool:
    """Whether a card is there that has this stable name, under whatever number."""
    name = stable.removeprefix("hw:CARD=").partition(",")[0]
    return any(name == _name_in(folder) for folder in cards.glob("card[0-9]*"))


def _name_in(folder: Path) -> str:
    try:
        return (folder / "id").read_text().strip()
    except OSError:
        return ""
