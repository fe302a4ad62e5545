"""The tenant itself: its policies of batches."""

import msgspec

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import problems as faults
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.tenants import Policies
from dragoman.domain.errors import Invalid
from dragoman.domain.people import Tenant
from dragoman.usecases.batches.review import tenant_policies


def parse_get_policies(request: Request, query: queries.Nothing) -> tenant_policies.Get:
    return tenant_policies.Get()


def parse_put_policies(request: Request, query: queries.Trial) -> tenant_policies.Put:
    """The list that replaces the present one. Invalid with every fault of it."""
    reading.check_media(request, reading.JSON)
    value = json.parse(request.body)
    faults.find(Policies, value).raise_if_any(message=reading.FAULTS_OF_BODY)
    try:
        policies = msgspec.convert(value, Policies)
    except msgspec.ValidationError as error:
        raise Invalid("invalid_body", str(error)) from error
    return tenant_policies.Put(tuple(policies), reading.if_match(request))


def render_policies(tenant: Tenant, request: Request) -> Reply:
    """200 with the list, and the revision of the tenant."""
    return replies.plain(tenant.batch_policies, [replies.etag(tenant.revision)])
