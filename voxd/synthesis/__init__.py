"""From a sentence to its sound: phrase cache, engines, voices."""
