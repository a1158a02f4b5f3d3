"""What is heard of an announcement: chime, sentences and silences as one stream, at one loudness."""
