from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="live_since",
            field=models.DateTimeField(
                default=core.clock.now,
                help_text="What happened before this is history and drafts nothing.",
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="poll_cursors",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Per kind: the newest change a poll has stored.",
            ),
        ),
    ]
