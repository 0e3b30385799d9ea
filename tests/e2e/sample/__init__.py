"""A shop that runs in the test cluster: what it is made of, its ordinary life, an attack on it, and the recording of all that."""
