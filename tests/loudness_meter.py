"""How loud a sound is, told by ffmpeg's own meter: independent of everything that voxd measures with."""

import re
import subprocess
from dataclasses import dataclass

from voxd.model.audio import AudioFormat


@dataclass(frozen=True, slots=True)
class Reading:
    """Integrated loudness in LUFS, and true peak in dBTP as far as a tenth tells."""

    loudness_lufs: float
    true_peak_dbtp: float


def measured(pcm: bytes, format_: AudioFormat) -> Reading:
    """The reading of a sound (16 bit)."""
    layout = ["-f", "s16le", "-ar", str(format_.rate_hz), "-ac", str(format_.channels)]
    told = subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostats", *layout, "-i", "pipe:0", "-af", "ebur128=peak=true", "-f", "null", "-"],
        input=pcm,
        capture_output=True,
        check=True,
        timeout=120,
    ).stderr.decode()
    summary = told[told.rindex("Summary:") :]
    loudness = re.search(r"I:\s+(-?[\d.]+|-inf|nan) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    assert loudness, told
    assert peak, told
    return Reading(float(loudness[1]), float(peak[1]))
