"""The API under /api/v1: a file for each page's questions. A route names its role; what it answers comes from `seawall.app`."""
