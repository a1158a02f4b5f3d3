"""The story of an announcement, from acceptance to its end; start reading at announcer.py."""
