"""What a location can set about offering slots: the weights, and how it asks."""

from typing import Literal

from pydantic import Field

from agents.base import BaseSettings
from approvals.ladders.policy import ANSWER_TABLE, OfferPolicy


class OpenSlotSettings(BaseSettings):
    """Weights say how much a thing counts beside the others; 0 leaves it out."""

    weight_fit: int = Field(
        default=35, ge=0, le=100, title="Weight: fit",
        description="The very service, the therapist they asked for, and the hours they gave.",
    )  # fmt: skip
    weight_answers: int = Field(
        default=20, ge=0, le=100, title="Weight: answers",
        description="How often and how fast they answered offers at short notice.",
    )  # fmt: skip
    weight_waiting: int = Field(
        default=20, ge=0, le=100, title="Weight: days waiting",
        description="Who has waited longer comes earlier, up to the number of days below.",
    )  # fmt: skip
    weight_loyalty: int = Field(
        default=10, ge=0, le=100, title="Weight: visits and spend",
        description="Regular clients come earlier.",
    )  # fmt: skip
    weight_near: int = Field(
        default=5, ge=0, le=100, title="Weight: lives near",
        description="The salon's own postal code, or one that begins the same.",
    )  # fmt: skip
    weight_priority: int = Field(
        default=10, ge=0, le=100, title="Weight: priority",
        description="A priority on the waitlist entry, or one of the tags below on the client.",
    )  # fmt: skip
    priority_tags: str = Field(
        default="VIP", max_length=200, title="Tags that give priority",
        description="Client tags, separated by commas. Capitals do not matter.",
    )  # fmt: skip
    full_days: int = Field(
        default=21, ge=1, le=120, title="Days of waiting that count in full",
        description="From here on, waiting longer makes no more difference.",
    )  # fmt: skip
    full_visits: int = Field(
        default=12, ge=1, le=200, title="Visits that count in full",
        description="From this many visits on, more make no difference.",
    )  # fmt: skip
    full_spend: int = Field(
        default=1500, ge=1, le=100_000, title="Spend that counts in full",
        description="In the location's currency, over all visits.",
    )  # fmt: skip
    other_services: bool = Field(
        default=True, title="Also who waits for another service that fits",
        description="It must fit the time, the room and what the therapist can do.",
    )  # fmt: skip
    mode: Literal["soon", "one", "waves", "all"] = Field(
        default="soon", title="How to ask",
        description="soon: one after the other, two together within 12 hours of the start and"
        " three within 4; one: always one after the other; waves: a few at a time; all: everybody"
        " at once.",
    )  # fmt: skip
    wave_size: int = Field(
        default=3, ge=1, le=10, title="How many together",
        description="At most, for asking in waves and for asking the more the sooner it starts.",
    )  # fmt: skip
    most_rungs: int = Field(
        default=15, ge=1, le=20, title="Most clients on one list",
        description="The best so many are asked; the rest stay on the waitlist.",
    )  # fmt: skip
    lead_minutes: int = Field(
        default=60, ge=0, le=1440, title="Minutes before the start when asking ends",
        description="A client needs this long to get to you.",
    )  # fmt: skip
    answer_2_hours: int = Field(
        default=10, ge=5, le=1440, title="Minutes to answer: starts within 2 hours",
        description="Counted from the moment the text leaves. Then the next one is asked.",
    )  # fmt: skip
    answer_4_hours: int = Field(
        default=15, ge=5, le=1440, title="Minutes to answer: within 4 hours",
        description="The same for a slot that starts within 4 hours.",
    )  # fmt: skip
    answer_12_hours: int = Field(
        default=30, ge=5, le=1440, title="Minutes to answer: within 12 hours",
        description="The same for a slot that starts within 12 hours.",
    )  # fmt: skip
    answer_2_days: int = Field(
        default=60, ge=5, le=1440, title="Minutes to answer: within 2 days",
        description="The same for a slot that starts within 2 days.",
    )  # fmt: skip
    answer_7_days: int = Field(
        default=120, ge=5, le=1440, title="Minutes to answer: within 7 days",
        description="The same for a slot that starts within 7 days.",
    )  # fmt: skip
    answer_later: int = Field(
        default=240, ge=5, le=1440, title="Minutes to answer: later than that",
        description="The longest a slot waits for one client.",
    )  # fmt: skip
    offers_per_day: int = Field(
        default=2, ge=1, le=5, title="Most offers to one client in a day",
        description="Over all slots of this location's clients.",
    )  # fmt: skip
    silent_offers: int = Field(
        default=3, ge=1, le=10, title="Offers without an answer before a quiet time",
        description="Who let so many offers in a row go by is left in peace for a while.",
    )  # fmt: skip
    quiet_days: int = Field(
        default=7, ge=1, le=60, title="Days of quiet after that",
        description="Then they are asked again.",
    )  # fmt: skip
    cancellation_rule: str = Field(
        default="", max_length=200, title="Cancellation rule",
        description="One sentence for the page on which a client takes the slot.",
    )  # fmt: skip

    def policy(self) -> OfferPolicy:
        """The part that offering needs."""
        return OfferPolicy(
            mode=self.mode,
            wave_size=self.wave_size,
            lead_minutes=self.lead_minutes,
            most_rungs=self.most_rungs,
            offers_per_day=self.offers_per_day,
            silent_offers=self.silent_offers,
            quiet_days=self.quiet_days,
            answer_table=self.answer_table(),
            cancellation_rule=self.cancellation_rule,
        )

    def answer_table(self) -> tuple[tuple[float, int], ...]:
        """The hours of the standard table, with this location's minutes."""
        minutes = (
            self.answer_2_hours, self.answer_4_hours, self.answer_12_hours, self.answer_2_days,
            self.answer_7_days, self.answer_later,
        )  # fmt: skip
        return tuple((most, own) for (most, _), own in zip(ANSWER_TABLE, minutes, strict=True))

    def tags(self) -> frozenset[str]:
        return frozenset(
            tag.strip().casefold() for tag in self.priority_tags.split(",") if tag.strip()
        )
