"""What is configured, as one frozen snapshot: objects of every kind that Seawall knows, who owns whom, and what could not be read.

Start at `snapshot.Cluster`; the kinds are listed in `kinds`.
"""
