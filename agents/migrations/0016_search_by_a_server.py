from typing import Any

from django.db import migrations, models

from agents.knowledge.words import SPANISH, counted, language_of


def stem_anew(apps: Any, schema_editor: Any) -> None:
    """Spanish pieces were kept by English stems; now each is found by those of its language."""
    chunks = apps.get_model("agents", "KnowledgeChunk")
    words = apps.get_model("agents", "KnowledgeWord")
    for chunk in chunks.objects.only("heading", "text").order_by("pk").iterator(500):
        if language_of(f"{chunk.heading}. {chunk.text}") != SPANISH:
            continue
        words.objects.filter(chunk=chunk).delete()
        words.objects.bulk_create(
            words(chunk=chunk, word=word, times=times, in_heading=above)
            for word, (times, above) in counted(chunk.heading, chunk.text).items()
        )


class Migration(migrations.Migration):
    dependencies = [("agents", "0015_outreach_told")]

    operations = [
        migrations.AddField(
            model_name="languagemodel",
            name="embedding_model",
            field=models.CharField(
                blank=True,
                help_text="Finds the salon's own texts by their meaning, for example "
                "text-embedding-3-small. Empty: the built-in one, which needs no account.",
                max_length=80,
                verbose_name="model for searching",
            ),
        ),
        migrations.AlterField(
            model_name="modelcall",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("draft", "a draft"),
                    ("correction", "a correction"),
                    ("try", "trying a change"),
                    ("test", "testing the connection"),
                    ("search", "searching the material"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.RunPython(stem_anew, migrations.RunPython.noop),
    ]
