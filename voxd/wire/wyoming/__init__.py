"""The Wyoming protocol: a bounded reader and a writer of few writes."""
