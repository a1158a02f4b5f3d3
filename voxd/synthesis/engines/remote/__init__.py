"""Engines that are servers, here or on other machines: what all of them share, and how each kind is asked."""
