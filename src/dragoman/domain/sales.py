"""Stages of a sale: how far an opportunity is, and whether it is still open, won or lost."""

from enum import StrEnum

import msgspec


class StageKind(StrEnum):
    """What a stage means for the opportunity."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class SalesStage(msgspec.Struct, frozen=True):
    """One stage; `probability` of success in percent. Stages are passed in the order of their numbers."""

    number: int
    title: str
    probability: int
    kind: StageKind


SALES_STAGES: dict[int, SalesStage] = {
    stage.number: stage
    for stage in (
        SalesStage(1, "Initial contact", 1, StageKind.OPEN),
        SalesStage(2, "Preapproach", 2, StageKind.OPEN),
        SalesStage(3, "Suspect", 3, StageKind.OPEN),
        SalesStage(4, "Champion", 20, StageKind.OPEN),
        SalesStage(5, "Opportunity", 50, StageKind.OPEN),
        SalesStage(6, "Prospect", 75, StageKind.OPEN),
        SalesStage(7, "Verbal", 90, StageKind.OPEN),
        SalesStage(8, "Won", 100, StageKind.WON),
        SalesStage(9, "Lost", 0, StageKind.LOST),
    )
}
"""The stages that every tenant has, by number."""

FIRST_STAGE = SALES_STAGES[1]


def stage_of(number: int | None) -> SalesStage:
    """The stage of this number; the first one for an opportunity that has none."""
    return SALES_STAGES.get(number or 0, FIRST_STAGE)
