from typing import Any

from django.db import migrations

from agents.knowledge.words import counted
from core import clock


def spell_anew(apps: Any, schema_editor: Any) -> None:
    """More words are brought to one: pieces that are kept are found by those, too. Their vectors
    were made of the old spelling; until the background made new ones, words alone find them."""
    chunks = apps.get_model("agents", "KnowledgeChunk")
    words = apps.get_model("agents", "KnowledgeWord")
    connections = set()
    for chunk in chunks.objects.defer("vector").order_by("pk").iterator(500):
        found = counted(chunk.heading, chunk.text)
        words.objects.filter(chunk=chunk).delete()
        words.objects.bulk_create(
            words(
                chunk=chunk,
                connection_id=chunk.connection_id,
                location_id=chunk.location_id,
                word=word,
                times=times,
                in_heading=above,
            )
            for word, (times, above) in found.items()
        )
        chunks.objects.filter(pk=chunk.pk).update(length=sum(times for times, _ in found.values()))
        connections.add(chunk.connection_id)
    apps.get_model("agents", "LocalEmbedder").objects.all().delete()
    wanted = apps.get_model("agents", "FitWanted")
    for connection in connections:
        wanted.objects.update_or_create(
            connection_id=connection,
            defaults={
                "state": "waiting",
                "attempts": 0,
                "lease_token": None,
                "lease_until": None,
                "not_before": clock.now(),
                "read": True,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("agents", "0017_words_of_a_place")]

    operations = [migrations.RunPython(spell_anew, migrations.RunPython.noop)]
