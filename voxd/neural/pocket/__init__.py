"""The engine pocket: Pocket TTS, which clones a voice from a reference clip and needs no GPU."""
