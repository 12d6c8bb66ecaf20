"""Let a feature be found by any name, code or number it carries, in Khmer or English.

The text is compared as layers/search.py writes a query: lower case, ASCII digits, without
invisible spaces and without spaces inside Khmer. Numbers count only where they name something.
"""

from django.db import migrations

SEARCH_TEXT = r"""
CREATE FUNCTION krong_search_text(stable_id text, properties jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '|' || regexp_replace(
    lower(translate(
        normalize(
            stable_id || '|' || coalesce((
                SELECT string_agg(left(entry.value #>> '{}', 200), '|' ORDER BY entry.key)
                FROM jsonb_each(properties) AS entry
                WHERE jsonb_typeof(entry.value) = 'string'
                   OR (jsonb_typeof(entry.value) = 'number'
                       AND entry.key ~* '(code|no|number|ref|id)$')
            ), ''), NFC
        ),
        '០១២៣៤៥៦៧៨៩' || U&'\200B\200C\200D\2060\FEFF\00AD', '0123456789'
    )),
    '([\u1780-\u17D3\u17DC-\u17DD])\s+(?=[\u1780-\u17D3\u17DC-\u17DD0-9])', '\1', 'g'
) || '|'
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0002_shapes_are_bounded_and_found_fast")]

    operations = [
        migrations.RunSQL(
            sql=[
                SEARCH_TEXT,
                "CREATE INDEX feature_current_text ON layers_feature"
                " USING gin (krong_search_text(stable_id, properties) gin_trgm_ops)"
                " WHERE retired_in IS NULL",
            ],
            reverse_sql=[
                "DROP INDEX feature_current_text",
                "DROP FUNCTION krong_search_text(text, jsonb)",
            ],
        )
    ]
