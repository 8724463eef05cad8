"""For migrations of tables that may be large. Each statement has ten seconds, and readers wait behind a long one: such a
migration is not atomic, fills in pieces, and goes on where it was cut off.
"""
from django.db import migrations

PIECE = 5000


def pieces(rows):
    """All of them, a bounded number at a time, by their numbers: what is done with a piece may change whether it fits."""
    last = 0
    while pks := list(rows.filter(pk__gt=last).order_by('pk').values_list('pk', flat=True)[:PIECE]):
        yield rows.filter(pk__gt=last, pk__lte=pks[-1])
        last = pks[-1]


class AddOnce(migrations.AddField):
    """The column may be there already, or gone already on the way back: what came after it was cut off."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if not self._is_there(app_label, schema_editor, to_state):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if self._is_there(app_label, schema_editor, from_state):
            super().database_backwards(app_label, schema_editor, from_state, to_state)

    def _is_there(self, app_label, schema_editor, state):
        model, connection = state.apps.get_model(app_label, self.model_name), schema_editor.connection
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, model._meta.db_table)
        return model._meta.get_field(self.name).column in {column.name for column in columns}
