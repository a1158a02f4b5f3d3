"""The engine voxcpm: VoxCPM 1.5 and 2, which clone a voice from a reference clip."""
