"""What was wrong with a row is kept as a code with values, not as a sentence in one language."""

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import JSONObject


def keep_earlier_sentences(apps, _editor):
    """Keep the words of earlier imports as they were told."""
    issues = apps.get_model("layers", "ImportIssue").objects
    issues.update(details=JSONObject(words=F("message")))


def put_words_back(apps, _editor):
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
    ]
