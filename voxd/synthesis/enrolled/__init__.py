"""Enrolled voices: what their owners gave, kept, and made known to the engines that speak with it."""
