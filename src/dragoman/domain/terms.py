"""Terms: what the operator's configuration asks of use cases."""

import msgspec

from dragoman.domain.batch_policy import Rule
from dragoman.domain.password_rules import Rules
from dragoman.domain.token_rules import TokenRules
from dragoman.domain.vault import NoVault, Vault
from dragoman.domain.webhook import WebhookRules


class Terms(msgspec.Struct, frozen=True):
    """Of all batches: their policies, how long they wait and are kept, and how many objects one may select. Of
    passwords, tokens and webhooks: their rules. The vault keeps secrets of clients. Of events: how many days they are
    kept."""

    policies: tuple[Rule, ...] = ()
    review_days: int = 30
    images_days: int = 30
    passwords: Rules = Rules()
    tokens: TokenRules = TokenRules()
    most_selected: int = 1_000_000
    webhooks: WebhookRules = WebhookRules()
    vault: Vault = NoVault()
    events_days: int = 30


NO_TERMS = Terms()
