"""Sales and their lines."""

from django.db import models

from integrations.models.base import MirrorRecord, one_per_connection


class Sale(MirrorRecord):
    client = models.ForeignKey("integrations.Client", null=True, on_delete=models.SET_NULL)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    visit_id = models.CharField(max_length=80, blank=True)
    total = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="USD")
    closed_at = models.DateTimeField()

    class Meta:
        constraints = [one_per_connection("sale")]
        indexes = [models.Index(fields=["client", "-closed_at"], name="sale_client")]


class SaleLine(models.Model):
    """One line: ``kind`` is service, product, tip or discount; ``amount`` is before tax."""

    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=12)
    service = models.ForeignKey(
        "integrations.Service", null=True, blank=True, on_delete=models.SET_NULL
    )
    product = models.ForeignKey(
        "integrations.Product", null=True, blank=True, on_delete=models.SET_NULL
    )
    staff = models.ForeignKey(
        "integrations.StaffMember", null=True, blank=True, on_delete=models.SET_NULL
    )
    name = models.CharField(max_length=200, blank=True)
    quantity = models.DecimalField(max_digits=8, decimal_places=2, default=1)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
