"""Let a name be found whatever kind of space stands in it.

Spreadsheets and word processors write no-break and wide spaces; PostgreSQL's ``\\s`` knows neither,
so ផ្លូវ ជាតិ with a no-break space was not the ផ្លូវជាតិ that a reader types. Every sign Unicode calls
white space becomes a plain space before the text is compared.
"""

from django.db import migrations

SEARCH_TEXT = r"""
CREATE OR REPLACE FUNCTION krong_search_text(stable_id text, properties jsonb) RETURNS text
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
        '០១២៣៤៥៦៧៨៩'
        || U&'\0009\000A\000B\000C\000D\001C\001D\001E\001F\0085\00A0\1680\2000\2001\2002\2003'
        || U&'\2004\2005\2006\2007\2008\2009\200A\2028\2029\202F\205F\3000'
        || U&'\200B\200C\200D\2060\FEFF\00AD',
        '0123456789' || repeat(' ', 28)
    )),
    '([\u1780-\u17D3\u17DC-\u17DD])\s+(?=[\u1780-\u17D3\u17DC-\u17DD0-9])', '\1', 'g'
) || '|'
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0003_features_are_found_by_name_and_code")]

    operations = [
        migrations.RunSQL(
            # the index stores what the function said before
            sql=[SEARCH_TEXT, "REINDEX INDEX feature_current_text"],
            reverse_sql=migrations.RunSQL.noop,
        )
    ]
