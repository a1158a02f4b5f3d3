"""The speech engines, one file each; loaded only when configured."""
