"""From sound to a room: zones and their outputs."""
