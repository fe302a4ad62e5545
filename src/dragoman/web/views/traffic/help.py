"""What an error of a reply means, and what would help: by its code where there is more to say, else by its status."""

from typing import NamedTuple

from dragoman.web.words import N_

FAILED = 400
BUG = 500


class Help(NamedTuple):
    """Two sentences."""

    means: str
    helps: str


CODES = {
    "credentials_missing": Help(
        N_("The request had no credentials."),
        N_("Send a token in the header Authorization: Bearer. One can be made on the page Connect."),
    ),
    "credentials_malformed": Help(
        N_("The credentials can't be read."),
        N_("Send Authorization: Bearer and a token, or Basic and base64 of login:password, each on one line."),
    ),
    "credentials_unknown": Help(
        N_("The token or password is wrong, has expired or was revoked, or its user is disabled."),
        N_("Make a new token on the page Connect, and look whether the client sends all of it."),
    ),
    "scope_missing": Help(
        N_("The token has none of the scopes that the operation needs."),
        N_("Make a token with one of the scopes that the reply names."),
    ),
    "dialect_denied": Help(
        N_("An administrator has shut the user out of this dialect."),
        N_("Let an administrator add the dialect to those that the user may use."),
    ),
    "cross_site": Help(
        N_("A page of another site sent a change with a cookie or password that the browser keeps."),
        N_("Send a token in the header Authorization, or name the origin in the dialect's cors_origins."),
    ),
    "unknown_path": Help(
        N_("There is nothing at this path."),
        N_("Compare the base URL with that on the page Connect, and look for a doubled or missing prefix."),
    ),
    "method_not_allowed": Help(
        N_("The path takes other methods."), N_("The header Allow of the reply names those that it takes.")
    ),
    "not_offered": Help(
        N_("The vendor has this operation, and this server doesn't."),
        N_("The reply says why; the reference of the dialect names what can be used in its place."),
    ),
    "unknown_parameter": Help(
        N_("The query has a parameter that the operation doesn't know."),
        N_("Correct its name or leave it out: a misspelled filter would otherwise match everything."),
    ),
    "unknown_action": Help(
        N_("The query names an action that isn't known, or none."), N_("The reply lists the actions that there are.")
    ),
    "body_too_large": Help(
        N_("The body is larger than the limit."), N_("Send less at once, or let an operator raise limits.body_bytes.")
    ),
    "queue_full": Help(
        N_("Too many requests were waiting already; nothing was changed."),
        N_("Try again after the time in Retry-After; send fewer at once."),
    ),
    "rate_limited": Help(
        N_("The client has sent more requests than it may in this time."),
        N_("Wait for the time in Retry-After, and send fewer at once."),
    ),
    "too_many_failures": Help(
        N_("Too many wrong passwords came from this address."),
        N_("Wait for the time in Retry-After, or let an administrator unlock the user."),
    ),
    "incident": Help(
        N_("The server has a bug; it was logged with its trace."),
        N_("Look for the incident in the log, and report it."),
    ),
}
KINDS = (
    (400, Help(N_("The content of the request is wrong."), N_("The reply lists all faults; record bodies to see it."))),
    (401, Help(N_("The credentials are missing or wrong."), N_("Make a new token on the page Connect."))),
    (403, Help(N_("The user is known and lacks the right."), N_("Use the token of a user who has it."))),
    (
        404,
        Help(
            N_("It doesn't exist, or the user may not see it."),
            N_("Look at the number in the address, and whether the user sees the object."),
        ),
    ),
    (
        409,
        Help(
            N_("The present state doesn't allow it, or the name is taken."),
            N_("Read the object again, and send what suits its state."),
        ),
    ),
    (
        412,
        Help(
            N_("The precondition names an earlier version."), N_("Read the object again, and send its present version.")
        ),
    ),
    (413, CODES["body_too_large"]),
    (
        422,
        Help(N_("A value in the request doesn't fit."), N_("The reply lists all faults; record bodies to see it.")),
    ),
    (429, CODES["rate_limited"]),
    (500, CODES["incident"]),
    (501, CODES["not_offered"]),
    (503, Help(N_("The server can't do it now, and changed nothing."), N_("Try again after the time in Retry-After."))),
)


def help_for(status: int, code: str) -> Help | None:
    """What to say about an error; None for a reply that is none."""
    if status < FAILED:
        return None
    return CODES.get(code) or [kind for least, kind in KINDS if least <= status][-1]
