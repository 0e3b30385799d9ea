"""Sources of events: one file a producer. Decoding is pure; who receives the bytes is somebody else."""
