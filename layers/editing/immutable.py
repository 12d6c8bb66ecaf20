"""The triggers that keep published versions as they are, whoever writes; safe to run again.

A row of a feature is written once and retired once. A published version keeps its number, source,
digest, time, size and author for good.
"""

IMMUTABLE_FEATURES = """
CREATE OR REPLACE FUNCTION krong_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A published version never changes (%). Publish a new one.', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;
DROP TRIGGER IF EXISTS feature_row_is_immutable ON layers_feature;
CREATE TRIGGER feature_row_is_immutable
    BEFORE UPDATE OF layer_id, stable_id, land_use_id, lifecycle, geometry, properties,
        introduced_in ON layers_feature
    FOR EACH ROW
    WHEN (
        OLD.layer_id <> NEW.layer_id OR OLD.stable_id <> NEW.stable_id
        OR OLD.land_use_id IS DISTINCT FROM NEW.land_use_id OR OLD.lifecycle <> NEW.lifecycle
        OR OLD.geometry::bytea <> NEW.geometry::bytea OR OLD.properties <> NEW.properties
        OR OLD.introduced_in <> NEW.introduced_in
    )
    EXECUTE FUNCTION krong_refuse_change();
DROP TRIGGER IF EXISTS feature_is_retired_once ON layers_feature;
CREATE TRIGGER feature_is_retired_once
    BEFORE UPDATE OF retired_in ON layers_feature
    FOR EACH ROW
    WHEN (OLD.retired_in IS NOT NULL AND OLD.retired_in IS DISTINCT FROM NEW.retired_in)
    EXECUTE FUNCTION krong_refuse_change();
"""

IMMUTABLE_VERSIONS = """
DROP TRIGGER IF EXISTS version_is_immutable ON layers_layerversion;
CREATE TRIGGER version_is_immutable
    BEFORE UPDATE ON layers_layerversion
    FOR EACH ROW
    WHEN (
        OLD.state <> 'draft' AND (
            (OLD.layer_id, OLD.number, OLD.source_name, OLD.source_digest, OLD.feature_count,
             OLD.message)
                <> (NEW.layer_id, NEW.number, NEW.source_name, NEW.source_digest,
                    NEW.feature_count, NEW.message)
            OR OLD.captured_on IS DISTINCT FROM NEW.captured_on
            OR OLD.published_at IS DISTINCT FROM NEW.published_at
            OR OLD.published_by_id IS DISTINCT FROM NEW.published_by_id
            OR NEW.state = 'draft' OR (OLD.state = 'retired' AND NEW.state <> 'retired')
        )
    )
    EXECUTE FUNCTION krong_refuse_change();
"""
