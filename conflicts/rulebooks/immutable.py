"""The triggers that keep a version of a rule book as it was ratified; safe to run again.

A version goes from draft to ratified to superseded and never back. Its rules never change once it
is no draft, nor once a detection has asked them: a finding keeps the rule that made it.
"""

IMMUTABLE_RULEBOOKS = """
CREATE OR REPLACE FUNCTION krong_refuse_rulebook_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION
        'A version of a rule book in use never changes (%). Draft a new one.', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE OR REPLACE FUNCTION krong_rule_of_draft_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    book bigint;
BEGIN
    FOREACH book IN ARRAY CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.rulebook_id]
        WHEN 'DELETE' THEN ARRAY[OLD.rulebook_id]
        ELSE ARRAY[OLD.rulebook_id, NEW.rulebook_id]
    END LOOP
        IF EXISTS (
            SELECT 1 FROM conflicts_rulebook
            WHERE conflicts_rulebook.id = book AND conflicts_rulebook.status <> 'draft'
        ) OR EXISTS (
            SELECT 1 FROM conflicts_detectionrun
            WHERE conflicts_detectionrun.rulebook_id = book
        ) THEN
            RAISE EXCEPTION
                'A version of a rule book in use never changes (%). Draft a new one.', TG_TABLE_NAME
                USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

DROP TRIGGER IF EXISTS rulebook_is_immutable ON conflicts_rulebook;
CREATE TRIGGER rulebook_is_immutable
    BEFORE UPDATE ON conflicts_rulebook
    FOR EACH ROW
    WHEN (
        (OLD.status <> 'draft' AND NEW.status = 'draft')
        OR (OLD.status = 'superseded' AND NEW.status <> 'superseded')
        OR (OLD.code, OLD.version, OLD.loaded_at) <> (NEW.code, NEW.version, NEW.loaded_at)
        OR (OLD.status <> 'draft' AND (
            (OLD.title_km, OLD.title_en, OLD.digest, OLD.source_name, OLD.revision,
             OLD.ratified_because)
                <> (NEW.title_km, NEW.title_en, NEW.digest, NEW.source_name, NEW.revision,
                    NEW.ratified_because)
            OR OLD.loaded_by_id IS DISTINCT FROM NEW.loaded_by_id
            OR OLD.based_on_id IS DISTINCT FROM NEW.based_on_id
            OR OLD.ratified_by_id IS DISTINCT FROM NEW.ratified_by_id
            OR OLD.ratified_at IS DISTINCT FROM NEW.ratified_at
            OR (OLD.superseded_at IS NOT NULL
                AND OLD.superseded_at IS DISTINCT FROM NEW.superseded_at)
        ))
    )
    EXECUTE FUNCTION krong_refuse_rulebook_change();

DROP TRIGGER IF EXISTS rulebook_in_use_is_kept ON conflicts_rulebook;
CREATE TRIGGER rulebook_in_use_is_kept
    BEFORE DELETE ON conflicts_rulebook
    FOR EACH ROW
    WHEN (OLD.status <> 'draft')
    EXECUTE FUNCTION krong_refuse_rulebook_change();

DROP TRIGGER IF EXISTS rule_is_immutable ON conflicts_rule;
CREATE TRIGGER rule_is_immutable
    BEFORE INSERT OR UPDATE OR DELETE ON conflicts_rule
    FOR EACH ROW
    EXECUTE FUNCTION krong_rule_of_draft_only();

DROP TRIGGER IF EXISTS rule_change_is_immutable ON conflicts_rulechange;
CREATE TRIGGER rule_change_is_immutable
    BEFORE UPDATE ON conflicts_rulechange
    FOR EACH ROW
    EXECUTE FUNCTION krong_refuse_rulebook_change();
"""
