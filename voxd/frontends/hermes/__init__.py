"""Hermes: the topics of Rhasspy 2.5 and Snips, for whoever has automations that use them."""
