"""Which rights each platform role brings: sensible defaults, edited in admin from then on."""

from django.db import migrations

ALL = (
    "review_messages",
    "review_offers",
    "review_retail",
    "review_changes",
    "review_orders",
    "read_digest",
    "read_audit",
    "ask",
    "tune_agents",
)
DEFAULTS = {
    "owner": ALL,
    "manager": ALL,
    "front_desk": (
        "review_messages",
        "review_offers",
        "review_retail",
        "review_changes",
        "ask",
    ),
    # Limited to their own appointments wherever items are shown or decided.
    "provider": ("review_messages", "ask"),
}


def seed(apps, schema_editor):
    role_right = apps.get_model("integrations", "RoleRight")
    role_right.objects.using(schema_editor.connection.alias).bulk_create(
        [role_right(role=role, right=right) for role, rights in DEFAULTS.items() for right in rights],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
