import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_effect_through"),
    ]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="edited_by",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The person whose words the offer's text is.",
                max_length=200,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="offer",
            name="skipped_by",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The person who skipped them; the rules otherwise.",
                max_length=200,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="typedtext",
            name="offer",
            field=models.ForeignKey(
                blank=True,
                help_text="The rung whose text it is, where it is not the one on the card.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="approvals.offer",
            ),
        ),
    ]
