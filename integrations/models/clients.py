"""Client and what is kept about them: consent, messages, feedback, forms."""

from django.db import models

from core import clock
from integrations.models.base import MirrorRecord, one_per_connection


class Client(MirrorRecord):
    """A client of the salon, as the platform knows them."""

    first_name = models.CharField(max_length=160, blank=True)
    last_name = models.CharField(max_length=160, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=32, blank=True, help_text="E.164 where it could be read.")
    birthday = models.DateField(null=True, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    timezone = models.CharField(max_length=60, blank=True)
    locale = models.CharField(max_length=12, blank=True)
    created_on_platform = models.DateTimeField(null=True, blank=True)
    last_visit_on = models.DateField(null=True, blank=True)
    past_services = models.JSONField(default=list)
    notes = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    preferences = models.JSONField(default=dict)
    visit_count = models.PositiveIntegerField(null=True, blank=True)
    no_show_count = models.PositiveIntegerField(null=True, blank=True)
    late_cancel_count = models.PositiveIntegerField(null=True, blank=True)
    total_spend = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    custom_fields = models.JSONField(default=dict)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    search_key = models.CharField(
        max_length=400, blank=True, help_text="Name folded in Python: no unaccent in the database."
    )
    phone_last4 = models.CharField(max_length=4, blank=True)
    no_drafts = models.BooleanField(default=False, help_text="The desk wants no drafts for them.")
    plain_texts = models.BooleanField(default=False, help_text="Asked for non-personalised texts.")

    class Meta:
        constraints = [one_per_connection("client")]
        indexes = [
            models.Index(fields=["connection", "search_key"], name="client_search"),
            models.Index(fields=["connection", "phone"], name="client_phone"),
            models.Index(fields=["connection", "phone_last4"], name="client_last4"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.first_name, self.last_name])) or "Client without a name"

    @property
    def short_name(self) -> str:
        """First name and initial: enough for the desk, less for whoever looks over a shoulder."""
        initial = f" {self.last_name[0]}." if self.last_name else ""
        return (self.first_name or self.last_name or "Client") + (
            initial if self.first_name else ""
        )


class ClientWord(models.Model):
    """One word of a client's folded name, so that any of them is found by its first letters.

    Written by a trigger of the database whenever ``Client.search_key`` changes, and by nothing
    else. Compared byte by byte ("C"), which is what lets an index answer "begins with".
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.CASCADE, db_index=False
    )
    word = models.CharField(max_length=40, db_collation="C")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "word"], name="client_word_once")]
        indexes = [models.Index(fields=["connection", "word", "client"], name="client_word")]

    def __str__(self) -> str:
        return self.word


class Consent(models.Model):
    """What a client allows, by channel, purpose and origin, with time.

    One row per origin: what the platform says and what was recorded here. An opt-out recorded here
    wins unless the platform shows a later consent (see integrations/consent.py).
    """

    class Origin(models.TextChoices):
        PLATFORM = "platform", "from the platform"
        HERE = "here", "recorded here"
        FILE = "file", "from a file"

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=10)
    purpose = models.CharField(max_length=20)
    origin = models.CharField(max_length=10, choices=Origin)
    granted = models.BooleanField()
    at = models.DateTimeField(null=True, blank=True)
    wording = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "channel", "purpose", "origin"], name="consent_once_per_origin"
            )
        ]


class Message(MirrorRecord):
    """One message of the log, either direction, whoever sent it."""

    # Values of ``source`` that are no person's: the platform by itself, and what went out through
    # its API (us).
    AUTOMATIC = ("platform", "api", "copilot", "client", "")

    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="messages")
    location = models.ForeignKey(
        "integrations.Location", null=True, blank=True, on_delete=models.SET_NULL
    )
    incoming = models.BooleanField()
    channel = models.CharField(max_length=10)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    reference = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=20, blank=True)
    sent_at = models.DateTimeField()
    in_reply_to = models.CharField(max_length=80, blank=True)
    address = models.CharField(
        max_length=254, blank=True, help_text="The client's number or mailbox, where we know it."
    )
    details = models.JSONField(
        default=dict,
        blank=True,
        help_text="What a channel said beside the text: media, reason, opt_out, automatic, quoted.",
    )

    class Meta:
        constraints = [one_per_connection("message")]
        indexes = [
            models.Index(fields=["client", "-sent_at"], name="message_thread"),
            models.Index(fields=["connection", "reference"], name="message_reference"),
            models.Index(fields=["location", "-sent_at"], name="message_recent"),
            models.Index(fields=["connection", "address", "-sent_at"], name="message_address"),
        ]


class Feedback(MirrorRecord):
    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", null=True, on_delete=models.SET_NULL)
    appointment = models.ForeignKey(
        "integrations.Appointment", null=True, blank=True, on_delete=models.SET_NULL
    )
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [one_per_connection("feedback")]


class FormResponse(MirrorRecord):
    """A form asked of a client, answered or not yet."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="forms")
    name = models.CharField(max_length=160)
    complete = models.BooleanField(default=False)
    link = models.URLField(blank=True, max_length=500)
    answers = models.JSONField(default=dict)
    submitted_at = models.DateTimeField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [one_per_connection("form")]
