"""HTTP: the API, what machines send, sign-in, and the console's files. Speaks to `seawall.app` alone."""

from __future__ import annotations

from seawall.web.application import application
from seawall.web.settings import Limits, WebSettings

__all__ = ["Limits", "WebSettings", "application"]
