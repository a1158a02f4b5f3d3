"""From a text to takes: sentences in words, and the voices that may speak them."""
