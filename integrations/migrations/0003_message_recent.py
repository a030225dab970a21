from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_role_rights")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["location", "-sent_at"], name="message_recent"),
        ),
    ]
