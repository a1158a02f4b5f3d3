"""The agenda: what waits, is spoken, rests and is over, decided without a clock, a disk or a task."""
