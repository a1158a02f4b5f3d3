"""What must not be lost, put into one file and back: the verbs `voxd backup` and `voxd restore`."""
