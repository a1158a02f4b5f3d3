"""Small servers around Sambert-HifiGAN, each with a request and an answer of its own: how they are asked and read."""
