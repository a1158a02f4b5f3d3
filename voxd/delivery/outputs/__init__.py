"""The outputs, one file each; loaded only when configured."""
