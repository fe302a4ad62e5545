"""Templates, from which tasks are created. Each version is a template of its own, with a uid that tasks refer to."""

import msgspec

from dragoman.domain.clock import Moment
from dragoman.domain.escalation import Escalations
from dragoman.domain.work_item import Role

KINDS = ("human", "originating", "participating", "administrative")
"""The vendor's four: collaboration, invocation, to-do, administration (ibm-htm.md 3)."""


class ClientSetting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value for the forms of one kind of client: a text, or the name of a file and its content in Base64."""

    text: str
    content: str | None = None


ClientSettings = dict[str, dict[str, ClientSetting]]
"""Kind of client -> name -> value."""


class Template(msgspec.Struct, frozen=True):
    """One version of a template. Holders in `roles` are a user's uid, `group:` and a uid, or `*`, as in work items."""

    tenant: int
    uid: str
    name: str
    version: int
    namespace: str | None = None
    display_name: str | None = None
    description: str | None = None
    kind: str = "human"  # one of KINDS
    priority: int | None = None
    type: str | None = None
    is_stopped: bool = False
    is_one_way: bool = False
    input_name: str | None = None
    output_name: str | None = None
    fault_names: tuple[str, ...] = ()
    timing: dict[str, str] = {}
    roles: dict[Role, tuple[str, ...]] = {}
    flags: dict[str, bool] = {}  # supportsDelegation and its kin, by the vendor's word
    properties: dict[str, str] = {}
    valid_from: Moment = Moment(0)
    created_at: Moment = Moment(0)
    digest: str = ""  # of its table in the file: loading the same again changes nothing
    row_version: int = 1
    client_settings: ClientSettings = {}
    escalations: Escalations = ()

    @property
    def runs_at_once(self) -> bool:
        """Whether its tasks run from their start, and wait for no owner."""
        return self.kind == "originating"
