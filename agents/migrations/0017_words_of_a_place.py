from typing import Any

import django.db.models.deletion
from django.db import migrations, models

# A word's connection and location are those of its piece.
FILL = """
UPDATE agents_knowledgeword w SET connection_id = c.connection_id, location_id = c.location_id
FROM agents_knowledgechunk c WHERE c.id = w.chunk_id
"""


def here(to: str, **more: Any) -> Any:
    return models.ForeignKey(
        to=to, on_delete=django.db.models.deletion.DO_NOTHING, db_constraint=False,
        db_index=False, related_name="+", **more,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("agents", "0016_search_by_a_server"), ("integrations", "0006_found_by_name")]

    operations = [
        migrations.AddField("knowledgeword", "connection", here("integrations.connection", null=True)),
        migrations.AddField("knowledgeword", "location", here("integrations.location", null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("knowledgeword", "connection", here("integrations.connection")),
        migrations.RemoveIndex("knowledgeword", "knowledge_word_where"),
        migrations.AddIndex(
            "knowledgeword",
            models.Index(fields=["connection", "location", "word"], name="knowledge_word_where"),
        ),
    ]
