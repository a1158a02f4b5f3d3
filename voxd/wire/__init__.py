"""Protocols of others; each has its only home here."""
