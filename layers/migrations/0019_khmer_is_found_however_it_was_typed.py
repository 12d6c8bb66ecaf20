"""Let Khmer be found whichever way its signs were typed; leave texts in ASCII alone.

The rules are those of layers/khmer_text.py, which folds what a reader types. What is stored is
folded by the function that the indexes of words are built over, so they are built anew.
"""

from django.db import migrations

# Signs of a letter in the order of layers/khmer_text.py, each class without what is in the others.
IN_ORDER = r"""
CREATE FUNCTION krong_khmer_in_order(signs text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(signs, '\u17D2\u179A|[\u17B6-\u17D1\u17DD]', '', 'g')
    || regexp_replace(signs, '\u17D2[^\u179A]|[\u17B6-\u17D1\u17DD]', '', 'g')
    || regexp_replace(signs, '\u17D2.|[^\u17C9\u17CA]', '', 'g')
    || regexp_replace(signs, '\u17D2.|[^\u17BB-\u17BD]', '', 'g')
    || regexp_replace(signs, '\u17D2.|[^\u17C1-\u17C3]', '', 'g')
    || regexp_replace(signs, '\u17D2.|[^\u17B7-\u17BA\u17BE]', '', 'g')
    || regexp_replace(signs, '\u17D2.|[^\u17B6\u17BF\u17C0\u17C4\u17C5]', '', 'g')
    || regexp_replace(signs, '\u17D2.|[^\u17C6-\u17C8\u17CB-\u17D1\u17DD]', '', 'g')
"""

# Only texts in which a sign stands before one that belongs before it are taken apart. PL/pgSQL keeps
# its plans for the session: SQL functions within each other are planned anew at every call (125 µs).
FOLDED = r"""
CREATE FUNCTION krong_folded(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    same text := replace(replace(replace(given,
        U&'\17A3', U&'\17A2'), U&'\17A4', U&'\17A2\17B6'), U&'\17D2\178A', U&'\17D2\178F');
BEGIN
    IF same ~ (
        '\u17D2\u179A\u17D2[\u1780-\u1799\u179B-\u17B3]'
        || '|[\u17B6-\u17D1\u17DD]\u17D2[\u1780-\u17B3]'
        || '|[\u17C6-\u17C8\u17CB-\u17D1\u17DD][\u17B6-\u17C5\u17C9\u17CA]'
        || '|[\u17B6\u17BF\u17C0\u17C4\u17C5][\u17B7-\u17BE\u17C1-\u17C3\u17C9\u17CA]'
        || '|[\u17B7-\u17BA\u17BE][\u17BB-\u17BD\u17C1-\u17C3\u17C9\u17CA]'
        || '|[\u17C1-\u17C3][\u17BB-\u17BD\u17C9\u17CA]'
        || '|[\u17BB-\u17BD][\u17C9\u17CA]'
    ) THEN
        SELECT string_agg(
            piece.found[1] || krong_khmer_in_order(piece.found[2]), '' ORDER BY piece.place
        )
        INTO same
        FROM regexp_matches(
            same,
            '((?:[^\u17B6-\u17D2\u17DD]|\u17D2(?![\u1780-\u17B3]))*)'
            || '((?:\u17D2[\u1780-\u17B3]|[\u17B6-\u17D1\u17DD])*)',
            'g'
        ) WITH ORDINALITY AS piece (found, place);
    END IF;
    RETURN regexp_replace(
        replace(replace(same, U&'\17C1\17B6', U&'\17C4'), U&'\17C1\17B8', U&'\17BE'),
        '[\u17C9\u17CA\u17BB](?=[\u17B7-\u17BA\u17BE])', U&'\17BB', 'g'
    );
END $$
"""

# Texts in ASCII, most codes and numbers, take the short way.
SEARCH_TEXT = r"""
CREATE OR REPLACE FUNCTION krong_search_text(stable_id text, properties jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    given text := stable_id || '|' || coalesce((
        SELECT string_agg(left(entry.value #>> '{}', 200), '|' ORDER BY entry.key)
        FROM jsonb_each(properties) AS entry
        WHERE jsonb_typeof(entry.value) = 'string'
           OR (jsonb_typeof(entry.value) = 'number'
               AND entry.key ~* '(code|no|number|ref|id)$')
    ), '');
BEGIN
    IF octet_length(given) = char_length(given) THEN
        RETURN '|' || lower(translate(
            given, U&'\0009\000A\000B\000C\000D\001C\001D\001E\001F', '         '
        )) || '|';
    END IF;
    RETURN '|' || krong_folded(regexp_replace(
        lower(normalize(translate(
            given,
            '០១២៣៤៥៦៧៨៩'
            || U&'\0009\000A\000B\000C\000D\001C\001D\001E\001F\0085\00A0\1680\2000\2001\2002'
            || U&'\2003\2004\2005\2006\2007\2008\2009\200A\2028\2029\202F\205F\3000'
            || U&'\200B\200C\200D\2060\FEFF\00AD\17B4\17B5',
            '0123456789' || repeat(' ', 28)
        ), NFC)),
        '([\u1780-\u17D3\u17DC-\u17DD])\s+(?=[\u1780-\u17D3\u17DC-\u17DD0-9])', '\1', 'g'
    )) || '|';
END $$
"""

REBUILD = """
DO $$
DECLARE
    words regclass;
BEGIN
    FOR words IN
        SELECT entry.indexrelid::regclass FROM pg_index AS entry
        JOIN pg_class AS found ON found.oid = entry.indexrelid AND found.relkind = 'i'
        WHERE pg_get_indexdef(entry.indexrelid) LIKE '%krong_search_text%'
    LOOP
        EXECUTE format('REINDEX INDEX %s', words);
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0018_only_plain_shapes_are_stored")]

    operations = [
        migrations.RunSQL(
            sql=[IN_ORDER, FOLDED, SEARCH_TEXT, REBUILD],
            reverse_sql=migrations.RunSQL.noop,
        )
    ]
