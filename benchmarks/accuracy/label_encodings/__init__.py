"""Label encodings, losses and decoders on four networks."""
