"""The one client of the Kubernetes API: credentials that refresh, paged lists, watches with bookmarks, apply, reviews.

Bodies are passed on as bytes; who asks decodes them. Needs the extra `kube`.
"""
