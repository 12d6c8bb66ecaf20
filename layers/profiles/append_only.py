"""The trigger that keeps the record of a profile as it was written; safe to run again."""

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION krong_refuse_rewriting_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of city profiles is only ever added to. Save the profile anew.'
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;
DROP TRIGGER IF EXISTS profile_change_is_append_only ON layers_profilechange;
CREATE TRIGGER profile_change_is_append_only
    BEFORE UPDATE OR DELETE ON layers_profilechange
    FOR EACH ROW EXECUTE FUNCTION krong_refuse_rewriting_profiles();
"""

NOT_APPEND_ONLY = """
DROP TRIGGER IF EXISTS profile_change_is_append_only ON layers_profilechange;
DROP FUNCTION IF EXISTS krong_refuse_rewriting_profiles();
"""
