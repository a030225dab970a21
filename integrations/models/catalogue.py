"""What the salon offers: services and products."""

from django.db import models

from integrations.models.base import MirrorRecord, one_per_connection


class Service(MirrorRecord):
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=80, blank=True)
    minutes = models.PositiveIntegerField(null=True, blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    skill = models.CharField(max_length=80, blank=True)
    resource_kind = models.CharField(
        max_length=40, blank=True, help_text="What it needs in the house: room, chair; or nothing."
    )
    aftercare = models.TextField(blank=True)
    form_required = models.CharField(max_length=160, blank=True)
    description = models.TextField(blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [one_per_connection("service")]

    def __str__(self) -> str:
        return self.name


class Product(MirrorRecord):
    name = models.CharField(max_length=200)
    brand = models.CharField(max_length=120, blank=True)
    category = models.CharField(max_length=80, blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    cost = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    stock = models.IntegerField(null=True, blank=True)
    reorder_point = models.IntegerField(null=True, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    ingredients = models.TextField(blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [one_per_connection("product")]

    def __str__(self) -> str:
        return self.name
