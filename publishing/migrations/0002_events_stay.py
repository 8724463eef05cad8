"""The database itself refuses to change or delete an event."""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER publishing_event_no_update BEFORE UPDATE ON publishing_event
       BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    """CREATE TRIGGER publishing_event_no_delete BEFORE DELETE ON publishing_event
       BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
]
SQLITE_BACK = [
    "DROP TRIGGER IF EXISTS publishing_event_no_update",
    "DROP TRIGGER IF EXISTS publishing_event_no_delete",
]
POSTGRESQL = [
    """CREATE FUNCTION publishing_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$""",
    """CREATE TRIGGER publishing_event_append_only BEFORE UPDATE OR DELETE ON publishing_event
       FOR EACH ROW EXECUTE FUNCTION publishing_event_refuse()""",
]
POSTGRESQL_BACK = [
    "DROP TRIGGER IF EXISTS publishing_event_append_only ON publishing_event",
    "DROP FUNCTION IF EXISTS publishing_event_refuse()",
]


def run(statements):
    def apply(apps, schema_editor):
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement)

    return apply


class Migration(migrations.Migration):
    dependencies = [("publishing", "0001_initial")]
    operations = [
        migrations.RunPython(
            run({"sqlite": SQLITE, "postgresql": POSTGRESQL}),
            run({"sqlite": SQLITE_BACK, "postgresql": POSTGRESQL_BACK}),
        )
    ]
