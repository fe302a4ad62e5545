"""The switches of this dialect, as `[dialects.genesys]` sets them (page, section 0)."""

from dragoman.dialects import kit
from dragoman.dialects.genesys.wire.business import BusinessAttribute, Mapped, fault
from dragoman.dialects.kit import Option
from dragoman.domain import origins


class Switches(kit.Switches, frozen=True):
    """What an operator may choose; the defaults serve clients of both generations."""

    require_schema: bool = False
    not_found_status: int = 404
    service_id_style: str = "integer"
    auth: bool = True
    auth_free_networks: tuple[str, ...] = ()
    auth_as: str = ""
    roles: bool = False
    start_in_mode: str = "production"
    profile_attributes: tuple[str, ...] = ()
    require_identification_key: bool = False
    exports: str = "exports"
    business_attribute: tuple[BusinessAttribute, ...] = ()

    @property
    def business(self) -> Mapped:
        """Business attributes by the fields that they are mapped to."""
        return Mapped(self.business_attribute)


DEFAULTS = Switches()

OPTIONS = (
    Option(
        "require_schema",
        DEFAULTS.require_schema,
        "Whether an extension needs a schema first, as up to 8.1; else a schema is enforced where there is one.",
    ),
    Option(
        "not_found_status",
        DEFAULTS.not_found_status,
        "The status for an unknown service, state or task; 400 is that of 8.5.",
        (404, 400),
    ),
    Option(
        "service_id_style",
        DEFAULTS.service_id_style,
        "Whether a service's id is a number, or a text like 17-<uuid> as 8.5 issued them.",
        ("integer", "guid"),
    ),
    Option(
        "auth",
        DEFAULTS.auth,
        "Whether credentials are required; if not, every client that reaches the server may use all operations.",
    ),
    Option(
        "auth_free_networks",
        DEFAULTS.auth_free_networks,
        "Addresses and networks (10.0.0.0/24) whose clients need no credentials, while others do.",
        check=origins.network_fault,
    ),
    Option("auth_as", DEFAULTS.auth_as, "The login of the user as whom those clients act; when empty, anonymous."),
    Option("roles", DEFAULTS.roles, "Whether reading needs the role Supervisor or Administrator, the rest the latter."),
    Option(
        "start_in_mode",
        DEFAULTS.start_in_mode,
        "The mode of a tenant before it is set for the first time.",
        ("production", "maintenance"),
    ),
    Option(
        "profile_attributes",
        DEFAULTS.profile_attributes,
        "The names that core attributes of customer profiles may have; when empty, any name of the right form.",
    ),
    Option(
        "require_identification_key",
        DEFAULTS.require_identification_key,
        "Whether customers are identified by attributes of an identification key alone, as by the vendor.",
    ),
    Option(
        "exports",
        DEFAULTS.exports,
        "The folder for exports of services to files, below the server's data folder; when empty, there are none.",
    ),
    Option(
        "business_attribute",
        DEFAULTS.business_attribute,
        "Business attributes with `name`, `dbid`, `values` and the `cv_attributes` that they are mapped to.",
        check=fault,
        kind=tuple[BusinessAttribute, ...],
    ),
)
