"""The benchmark: each figure of voxd against its floor or its peer, interleaved in one run."""
