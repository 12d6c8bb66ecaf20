"""What was wrong with a row is kept as a code with values, not as a sentence in one language."""

from typing import Any

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import JSONObject


def keep_earlier_sentences(apps: Any, _editor: Any) -> None:  # noqa: ANN401
    """Keep the words of earlier imports as they were told."""
    issues = apps.get_model("layers", "ImportIssue").objects
    issues.update(details=JSONObject(words=F("message")))


def put_words_back(apps: Any, _editor: Any) -> None:  # noqa: ANN401
    """Put the English sentence back, as far as it was kept as words."""
    issues = apps.get_model("layers", "ImportIssue").objects
    issues.filter(text="as_told").update(message=F("details__words"))


class Migration(migrations.Migration):
    """A code and values instead of a message."""

    dependencies = [("layers", "0012_a_survey_that_ended_says_why")]

    operations = [
        migrations.AddField(
            model_name="importissue",
            name="text",
            field=models.CharField(
                default="as_told",
                max_length=20,
                verbose_name="detail",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="importissue",
            name="details",
            field=models.JSONField(
                blank=True, default=dict, verbose_name="what fills the sentence"
            ),
        ),
        migrations.RunPython(keep_earlier_sentences, put_words_back),
        migrations.AlterField(
            model_name="importissue",
            name="message",
            field=models.CharField(blank=True, default="", max_length=500, verbose_name="detail"),
        ),
        migrations.RemoveField(model_name="importissue", name="message"),
        migrations.AlterField(
            model_name="importissue",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invalid_geometry", "the outline crosses or touches itself"),
                    ("empty_geometry", "no shape"),
                    ("not_finite", "a coordinate is not a number"),
                    ("outside_extent", "outside the area of the coordinate system"),
                    ("too_many_vertices", "too many corner points"),
                    ("wrong_kind", "another kind of shape than the layer holds"),
                    ("unknown_class", "no land-use class"),
                    ("duplicate_id", "the same identifier twice"),
                    ("unusable_id", "an identifier that cannot be used"),
                    ("unknown_lifecycle", "a lifecycle that is not known"),
                    ("curve_linearised", "curves became straight pieces"),
                    ("overlap", "areas lie over each other"),
                    ("gap", "ground is left bare"),
                    ("dimension_dropped", "heights in the shape were dropped"),
                ],
                max_length=20,
                verbose_name="what was wrong",
            ),
        ),
    ]
