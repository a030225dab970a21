"""The checkout card: what to mention to a client who is here, what was said, what was bought."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from core import clock
from core.work import WorkRow, work_indexes


class CheckoutSettings(models.Model):
    """What the checkout card of one location may show; without a row the defaults hold."""

    location = models.OneToOneField(
        "integrations.Location", on_delete=models.CASCADE, related_name="checkout_settings"
    )
    products = models.BooleanField(
        "suggest products",
        default=True,
        help_text="When a client checks in and when they are done.",
    )
    add_ons = models.BooleanField(
        "suggest add-ons",
        default=True,
        help_text="A second treatment that goes with the first: while it is booked at the desk or "
        "by phone, and again when the client checks in.",
    )
    next_visits = models.BooleanField(
        "suggest the next treatment",
        default=True,
        help_text="When a visit is over and the client has nothing booked.",
    )
    most = models.PositiveSmallIntegerField(
        "products on one card",
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(2)],
        help_text="One or two. A desk that reads out a list sells nothing.",
    )
    margin_percent = models.PositiveSmallIntegerField(
        "smallest margin (%)",
        default=0,
        validators=[MaxValueValidator(95)],
        help_text="Price less cost, as a share of the price. 0: any. Above 0, a product whose cost "
        "the platform does not say is left out.",
    )
    price_up_to = models.DecimalField(
        "highest price",
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(1))],
        help_text="Dearer products are not mentioned. Empty: any price.",
    )
    keep_in_stock = models.PositiveSmallIntegerField(
        "pieces that must be there",
        default=1,
        validators=[MinValueValidator(1)],
        help_text="A product with fewer on the shelf is not mentioned.",
    )
    only_with_consent = models.BooleanField(
        "only for clients who agreed to marketing",
        default=False,
        help_text="On: nothing is suggested for anybody who did not agree to offers and news. "
        "Nothing is ever sent either way: the sentence is for the desk to say.",
    )
    rest_days = models.PositiveSmallIntegerField(
        "days of rest after “not now”",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="A client does not hear of the same thing again before that.",
    )

    class Meta:
        verbose_name = "checkout card of a location"
        verbose_name_plural = "checkout cards: settings"

    def __str__(self) -> str:
        return f"Checkout card at {self.location}"


class RetailRule(models.Model):
    """What goes with what at this salon, said by a person. A field left empty fits everything."""

    class Strength(models.TextChoices):
        FIRST = "first", "always first"
        PREFER = "prefer", "prefer"
        NEVER = "never", "never mention"

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey(
        "integrations.Location",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        help_text="Empty: at every location.",
    )
    service = models.ForeignKey(
        "integrations.Service",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="After this treatment. Empty: after any, or any of the category below.",
    )
    service_category = models.CharField(
        "category of treatments",
        max_length=80,
        blank=True,
        help_text="As your platform names it, for example: Color.",
    )
    product = models.ForeignKey(
        "integrations.Product",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Exactly this product. Empty: whatever fits the words and the brand below.",
    )
    product_words = models.CharField(
        "words of the product's name",
        max_length=120,
        blank=True,
        help_text="All of them must be in the name, for example: purple shampoo.",
    )
    brand = models.CharField(max_length=120, blank=True, help_text="Only products of this brand.")
    strength = models.CharField(
        max_length=8,
        choices=Strength,
        default=Strength.PREFER,
        help_text="Always first: before everything that was learned. Prefer: a good deal more "
        "likely. Never: not after this treatment, whatever clients buy.",
    )
    because = models.CharField(
        max_length=160,
        blank=True,
        help_text="What the desk reads as the reason, for example: it keeps the color for longer.",
    )
    active = models.BooleanField("in use", default=True)

    class Meta:
        verbose_name = "retail rule"
        ordering = ["service_category", "id"]
        constraints = [
            models.CheckConstraint(
                name="retail_rule_says_what",
                condition=Q(product__isnull=False) | ~Q(product_words="") | ~Q(brand=""),
            )
        ]
        indexes = [models.Index(fields=["connection", "active"], name="retail_rule_connection")]

    def __str__(self) -> str:
        after = str(self.service or self.service_category or "any treatment")
        what = str(self.product or " ".join(filter(None, [self.brand, self.product_words])))
        return f"After {after}: {self.get_strength_display()} {what}"


class RetailShelf(models.Model):
    """What goes with what as it was learned by night; the arrays of ``agents.retail.shelf.Shelf``.

    ``items``: their keys ("p12" a product, "s7" a service) by position. The arrays are
    little-endian: ``neighbours`` int32, the rest float32, row by row.
    """

    class Kind(models.TextChoices):
        RETAIL = "retail", "products with a visit"
        ADD_ON = "add_on", "treatments in one visit"
        NEXT = "next", "treatments at the next visit"

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    kind = models.CharField(max_length=8, choices=Kind)
    items = models.JSONField(default=list)
    width = models.PositiveIntegerField()
    neighbours = models.BinaryField()
    near = models.BinaryField()
    follows = models.BinaryField()
    by_item = models.BinaryField(help_text="lately, always and usual days: three rows of n")
    weights = models.JSONField(default=list)
    occasions = models.PositiveIntegerField("visits learned from")
    fitted_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind"], name="retail_shelf_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.occasions} visits"


class CheckoutCard(WorkRow):
    """One client at the counter: the ideas of a visit, from check-in until the sale or half an hour
    after the service (``until``). Never in the queue, and nothing is sent from it.

    ``state`` and the other columns of durable work are about putting it together; putting it back
    to *waiting* has it looked at again. ``key`` is the visit's, or a booking's for its add-ons.
    """

    class Moment(models.TextChoices):
        BOOKING = "booking", "while booking"
        VISIT = "visit", "at the visit"

    class Closed(models.TextChoices):
        OPEN = "", "open"
        SALE = "sale", "the client paid"
        OFF = "off", "the visit is off"
        ERASED = "erased", "the client was forgotten"

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    client = models.ForeignKey("integrations.Client", on_delete=models.CASCADE)
    appointment = models.ForeignKey(
        "integrations.Appointment", on_delete=models.CASCADE, related_name="+"
    )
    staff = models.ForeignKey(
        "integrations.StaffMember", on_delete=models.SET_NULL, null=True, blank=True
    )
    key = models.CharField(max_length=200)
    moment = models.CharField(max_length=8, choices=Moment, default=Moment.VISIT)
    finished = models.BooleanField(default=False, help_text="The service is over.")
    opened_at = models.DateTimeField(default=clock.now)
    until = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    closed = models.CharField(max_length=8, choices=Closed, default=Closed.OPEN, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    left_out = models.JSONField(default=dict, help_text="Why products were left out, counted.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "key"], name="checkout_card_key")
        ]
        indexes = [
            *work_indexes("checkout_card"),
            models.Index(
                fields=["location", "until"], name="checkout_card_open", condition=Q(closed="")
            ),
            models.Index(fields=["client", "-opened_at"], name="checkout_card_client"),
        ]

    def __str__(self) -> str:
        return f"{self.get_moment_display()} of {self.opened_at:%Y-%m-%d %H:%M}"


class CheckoutIdea(models.Model):
    """One product or treatment to mention, why, what the desk said to it, and what was bought.

    ``reasons``: plain facts ({"kind": …, …}), put into words where they are read. ``sold_at`` is
    set when a sale (or, for the next treatment, a booking) holds it within its window.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", "product"
        ADD_ON = "add_on", "add-on"
        NEXT = "next", "next treatment"

    class Answer(models.TextChoices):
        NONE = "", "no answer"
        SAID = "said", "said it"
        NOT_NOW = "not_now", "not now"
        WRONG = "wrong", "wrong"

    card = models.ForeignKey(CheckoutCard, on_delete=models.CASCADE, related_name="ideas")
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    client = models.ForeignKey("integrations.Client", on_delete=models.CASCADE)
    kind = models.CharField(max_length=8, choices=Kind)
    place = models.PositiveSmallIntegerField(default=0)
    product = models.ForeignKey(
        "integrations.Product", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    service = models.ForeignKey(
        "integrations.Service",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="The treatment that is suggested; for a product, the one it goes with.",
    )
    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, default="USD")
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list)
    made_at = models.DateTimeField(default=clock.now)
    answer = models.CharField(max_length=8, choices=Answer, default=Answer.NONE, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        "integrations.User", on_delete=models.SET_NULL, null=True, blank=True
    )
    answered_by_name = models.CharField(max_length=160, blank=True)
    sold_at = models.DateTimeField(null=True, blank=True)
    sold_later = models.BooleanField(default=False, help_text="Not in the visit's own sale.")
    sold_amount = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    sale = models.ForeignKey(
        "integrations.Sale", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["card", "kind", "product", "service"],
                nulls_distinct=False,
                name="checkout_idea_once",
            )
        ]
        indexes = [
            models.Index(fields=["client", "product", "-made_at"], name="checkout_idea_client"),
            models.Index(fields=["location", "product", "-made_at"], name="checkout_idea_product"),
        ]
        ordering = ["card", "kind", "place", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"
