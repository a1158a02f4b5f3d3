"""Text: from what people write to what a voice can say."""
