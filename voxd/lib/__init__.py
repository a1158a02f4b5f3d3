"""Small tools that know nothing of voices."""
