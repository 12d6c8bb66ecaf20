"""Let each rule's answer say of how much ground it speaks, and how large the city is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conflicts", "0001_rule_books_detections_and_findings")]

    operations = [
        migrations.AddField(
            model_name="ruleoutcome",
            name="surveyed_m2",
            field=models.FloatField(
                blank=True,
                null=True,
                verbose_name="ground on which its subjects were looked for [m²]",
            ),
        ),
        migrations.AddField(
            model_name="ruleoutcome",
            name="city_m2",
            field=models.FloatField(
                blank=True,
                help_text="Empty: no boundary.",
                null=True,
                verbose_name="ground of the city [m²]",
            ),
        ),
    ]
