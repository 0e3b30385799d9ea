"""A real Kubernetes on one machine, for tests, demos and recordings.

No container engine, no init system and no image registry is needed: every program is built from its Go module
(`build`), every image from files (`images`), and everything runs in network, mount and process-tree boundaries of
its own (`namespaces`, `processes`). `control_plane` is the API server with its etcd; `node` adds machines to it;
`cluster` is the two of them together. `docs/contributing/cluster.md` says how to use it and what it cannot do.
"""
