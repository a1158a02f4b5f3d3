"""Wyoming: text-to-speech for Home Assistant and its relatives."""
