"""The voices folder as a door: recordings that are put there become voices."""
