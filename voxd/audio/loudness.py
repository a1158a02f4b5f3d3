"""How loud people find a sound: EBU R 128, measured by libebur128 (ITU-R BS.1770-4), which may be absent."""

import ctypes
import math
from collections.abc import Iterable
from functools import cache

from voxd.audio.pcm import mono
from voxd.model.audio import Chunk

LIBRARY = "libebur128.so.1"
_MODE_INTEGRATED = 1 << 2 | 1 << 0
"""EBUR128_MODE_I of ebur128.h."""


def can_measure() -> bool:
    """Whether the library is there."""
    return _library() is not None


def loudness_lufs(sound: Iterable[Chunk]) -> float | None:
    """The integrated loudness of a sound in one rate, its channels mixed to one, in LUFS, both gates applied.

    None where all of it is quieter than -70 LUFS or shorter than 0.4 s, or where the library is absent.
    """
    library = _library()
    chunks = [mono(chunk) for chunk in sound if chunk.pcm]
    if library is None or not chunks:
        return None
    state = library.ebur128_init(1, chunks[0].format.rate_hz, _MODE_INTEGRATED)
    if not state:
        return None
    try:
        for chunk in chunks:
            library.ebur128_add_frames_short(state, chunk.pcm, chunk.frames)
        loudness = ctypes.c_double(-math.inf)
        library.ebur128_loudness_global(state, ctypes.byref(loudness))
    finally:
        library.ebur128_destroy(ctypes.byref(ctypes.c_void_p(state)))
    return loudness.value if math.isfinite(loudness.value) else None


@cache
def _library() -> ctypes.CDLL | None:
    """The library, the few functions of it that are wanted here declared as in ebur128.h; None where it is absent."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    library.ebur128_init.restype = ctypes.c_void_p
    library.ebur128_init.argtypes = (ctypes.c_uint, ctypes.c_ulong, ctypes.c_int)
    library.ebur128_add_frames_short.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    library.ebur128_loudness_global.argtypes = (ctypes.c_void_p, ctypes.POINTER(ctypes.c_double))
    library.ebur128_destroy.argtypes = (ctypes.POINTER(ctypes.c_void_p),)
    library.ebur128_destroy.restype = None
    return library
