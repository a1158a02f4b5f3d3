"""The journal: what was announced and what became of it, on disk before anybody is told that it was taken over."""
