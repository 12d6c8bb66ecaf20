"""Make layers_feature the sum of a common table and one table for each large layer (ADR 11).

Rows stay where they are: today's table becomes the common one, the default partition, with its
indexes. Identifiers of rows come from one sequence, whichever table a row goes to. PostgreSQL 15
knows no key over all partitions, so whoever refers to a row by its number does so without a
foreign key (conflicts 0003 runs before).
"""

from django.db import migrations

from layers.editing.immutable import IMMUTABLE_FEATURES

PARTITION = """
DROP TRIGGER IF EXISTS feature_row_is_immutable ON layers_feature;
DROP TRIGGER IF EXISTS feature_is_retired_once ON layers_feature;
ALTER TABLE layers_feature RENAME TO layers_feature_common;
ALTER TABLE layers_feature_common ALTER COLUMN id DROP IDENTITY IF EXISTS;
CREATE TABLE layers_feature (LIKE layers_feature_common INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY LIST (layer_id);
CREATE SEQUENCE layers_feature_id_seq OWNED BY layers_feature.id;
SELECT setval('layers_feature_id_seq', coalesce(max(id), 0) + 1, false) FROM layers_feature_common;
ALTER TABLE layers_feature ALTER COLUMN id SET DEFAULT nextval('layers_feature_id_seq');
ALTER TABLE layers_feature_common ALTER COLUMN id SET DEFAULT nextval('layers_feature_id_seq');
ALTER TABLE layers_feature ATTACH PARTITION layers_feature_common DEFAULT;
"""

# What people call a single feature: its name or its number. In a table of its own only features
# that carry one of these are found by their words; all are found by their identifier.
LABEL_KEYS = """
CREATE FUNCTION krong_label_keys() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY[
    'name', 'name_km', 'name_kh', 'name_en', 'name:km', 'name:en', 'label', 'title', 'code', 'ref',
    'number', 'parcel_no', 'parcel_number', 'title_number', 'addr:housenumber'
]::text[]
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0010_files_are_brought_in_to_be_imported")]

    operations = [
        migrations.RunSQL(sql=PARTITION, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(sql=IMMUTABLE_FEATURES, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(sql=LABEL_KEYS, reverse_sql="DROP FUNCTION krong_label_keys()"),
    ]
