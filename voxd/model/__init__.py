"""Frozen values that every layer understands."""
