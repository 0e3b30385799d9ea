"""Seawall secures and observes workloads on Kubernetes: build, deploy, run, observe, defend."""

__version__ = "0.1.0"
