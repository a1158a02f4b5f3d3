"""What is in a backup, in words."""

from voxd.backup.archive import Manifest
from voxd.backup.contents import JOURNAL


def in_words(manifest: Manifest) -> str:
    """Such as: 2 enrolled voices, 0 files for voices, 3 chimes and the history of kitchen, as of ..."""
    enrolled = {name.split("/")[2] for name in manifest.files if name.endswith("/voice.json")}
    told = (
        _counted(len(enrolled), "enrolled voice"),
        f"{_counted(_in('voices', manifest), 'file')} for voices",
        _counted(_in("chimes", manifest), "chime"),
    )
    history = "the history" if f"state/{JOURNAL}" in manifest.files else "no history"
    return f"{', '.join(told)} and {history} of {manifest.node}, as of {manifest.made_at} (voxd {manifest.voxd})"


def _in(place: str, manifest: Manifest) -> int:
    return sum(name.startswith(f"{place}/") for name in manifest.files)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
