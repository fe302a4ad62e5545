"""OpenID Connect (Core 1.0, Discovery 1.0): signing users in at a provider by the authorization code flow with PKCE.

Nothing here is imported before the first sign-in. What goes wrong is raised as an expected error of `domain/errors.py`,
whose message holds no secret: Forbidden for whatever isn't as it must be, Unavailable if the provider doesn't answer.
"""
