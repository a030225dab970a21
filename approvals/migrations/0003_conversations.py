import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0002_what_the_database_refuses"),
        ("integrations", "0002_role_rights"),
    ]

    operations = [
        migrations.CreateModel(
            name="ThreadMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sender", models.CharField(blank=True, max_length=254)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("settled_by_name", models.CharField(blank=True, max_length=200)),
                (
                    "client",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="thread_mark",
                        to="integrations.client",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="integrations.connection"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("client", None)),
                        fields=("connection", "sender"),
                        name="thread_mark_once_per_sender",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WrittenText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("channel", models.CharField(blank=True, max_length=10)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("body", models.TextField(blank=True)),
                ("caret", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(default=core.clock.now)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="written",
                        to="integrations.client",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "client"), name="written_once_per_person"
                    )
                ],
            },
        ),
    ]
