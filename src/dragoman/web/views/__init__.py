"""The pages themselves."""

from dragoman.web.site import site
from dragoman.web.views import password, profile, provider_sign_in, sign_in, welcome

__all__ = ["PAGES", "site"]

PAGES = (*welcome.PAGES, *sign_in.PAGES, *provider_sign_in.PAGES, *profile.PAGES, *password.PAGES)
