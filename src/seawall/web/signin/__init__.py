"""How a person becomes a session: a one-time link, or an OpenID Connect provider."""
