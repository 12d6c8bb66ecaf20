"""Let observations name rows of features wherever these lie (layers 0011 spreads them)."""

from django.db import migrations, models
from django.db.models import deletion


def to_feature():
    return models.ForeignKey(
        blank=True,
        db_constraint=False,
        null=True,
        on_delete=deletion.SET_NULL,
        related_name="+",
        to="layers.feature",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("conflicts", "0002_an_answer_says_of_how_much_ground"),
        ("layers", "0004_spaces_of_every_kind_are_spaces"),
    ]
    run_before = [("layers", "0011_large_layers_have_a_table_of_their_own")]

    operations = [
        migrations.AlterField("observation", "subject_row", to_feature()),
        migrations.AlterField("observation", "object_row", to_feature()),
    ]
