"""What lives in an engine host's process: models, speaker embeddings, reference clips. The only home of torch."""
