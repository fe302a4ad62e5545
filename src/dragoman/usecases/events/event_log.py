"""The log of a tenant: its name, which cursors carry, and the moment it began."""

import json

from dragoman.domain.clock import Moment
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.uow import UnitOfWork

LOG_ID = "log_id"
LOG_FROM = "log_from"


def begin(uow: UnitOfWork) -> None:
    """Begin a log: history of before has no events. The command names both settings."""
    uow.settings.add(Setting(tenant=uow.tenant, name=LOG_ID, value=json.dumps(uow.new_id())))
    uow.settings.add(Setting(tenant=uow.tenant, name=LOG_FROM, value=json.dumps(uow.now)))


def log_id(uow: UnitOfWork) -> str:
    """The name of the log; another one after a restore or an import, when sequences may come twice."""
    return str(json.loads(uow.settings.get(LOG_ID).value))


def log_from(uow: UnitOfWork) -> Moment:
    """The moment from which on each change has an event."""
    return Moment(json.loads(uow.settings.get(LOG_FROM).value))
