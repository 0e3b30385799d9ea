"""YAML as Kubernetes reads it: two readers, one answer. `stream.documents` is the way in."""
