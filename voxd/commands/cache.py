"""`voxd cache`: what the phrase cache holds, and emptying it."""

from voxd.paths import paths_in_force
from voxd.settings import Settings
from voxd.synthesis.phrase_cache import PhraseCache

_MEGABYTE = 1_000_000


def _cache(settings: Settings) -> PhraseCache:
    return PhraseCache(paths_in_force(settings.paths).phrases, settings.cache.max_mb * _MEGABYTE)


def show_stats(settings: Settings) -> None:
    """Print how many clips there are and how much room they take."""
    stats = _cache(settings).stats()
    folder = paths_in_force(settings.paths).phrases
    print(f"{stats.clips} clips, {stats.bytes / _MEGABYTE:.1f} of {settings.cache.max_mb} MB in {folder}")


def clear(settings: Settings) -> None:
    """Remove every clip; a running daemon makes them again when they are wanted."""
    print(f"Removed {_cache(settings).clear()} clips")
