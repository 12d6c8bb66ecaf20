"""The triggers that keep a finding's life honest, whoever writes; safe to run again.

A finding's state moves only with an event that says so: a person's event is written first, and
what moves by itself gets its event here. Which step leads where is the CHECK of the events, made
from ``life.transitions``. What a detection does to a finding that nobody ever touched (found,
resolved, found again) is told by its observations alone, and costs no event. History is only ever
added to.
"""

ENFORCED_LIFE = """
CREATE OR REPLACE FUNCTION krong_finding_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told conflicts_findingevent%ROWTYPE;
BEGIN
    SELECT * INTO told FROM conflicts_findingevent AS event
    WHERE event.finding_id = NEW.id ORDER BY event.id DESC LIMIT 1;
    IF told.id IS NOT NULL AND told.step = NEW.step
        AND told.from_state = OLD.state AND told.to_state = NEW.state THEN
        RETURN NULL;
    END IF;
    INSERT INTO conflicts_findingevent (
        finding_id, step, from_state, to_state, severity, margin, detection_id
    )
    SELECT
        NEW.id, NEW.step, OLD.state, NEW.state, NEW.severity,
        (SELECT seen.margin FROM conflicts_observation AS seen WHERE seen.id = NEW.current_id),
        CASE WHEN NEW.step IN ('resolved', 'rule_withdrawn', 'got_worse', 'facts_changed') THEN (
            SELECT max(detection.run_id)
            FROM conflicts_detectionrun AS detection
            JOIN conflicts_rulebook AS book ON book.id = detection.rulebook_id
            WHERE book.code = NEW.rulebook_code
        ) END;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION krong_refuse_finding_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A finding does not go from % to % by %.', OLD.state, NEW.state, NEW.step
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE OR REPLACE FUNCTION krong_refuse_other_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What happened to a finding is never changed or deleted.'
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

DROP TRIGGER IF EXISTS finding_moves_with_an_event ON conflicts_finding;
CREATE TRIGGER finding_moves_with_an_event
    AFTER UPDATE OF state ON conflicts_finding
    FOR EACH ROW
    WHEN (
        OLD.state <> NEW.state
        AND OLD.state || NEW.state NOT IN ('openresolved', 'resolvedopen')
    )
    EXECUTE FUNCTION krong_finding_moves();

DROP TRIGGER IF EXISTS finding_is_resolved_by_detection ON conflicts_finding;
CREATE TRIGGER finding_is_resolved_by_detection
    BEFORE UPDATE OF state ON conflicts_finding
    FOR EACH ROW
    WHEN (
        (OLD.state = 'open' AND NEW.state = 'resolved'
            AND NEW.step NOT IN ('resolved', 'rule_withdrawn'))
        OR (OLD.state = 'resolved' AND NEW.state <> 'resolved'
            AND (NEW.state <> 'open' OR NEW.step <> 'came_back'))
    )
    EXECUTE FUNCTION krong_refuse_finding_move();

DROP TRIGGER IF EXISTS finding_event_is_kept ON conflicts_findingevent;
CREATE TRIGGER finding_event_is_kept
    BEFORE UPDATE OR DELETE ON conflicts_findingevent
    FOR EACH ROW
    EXECUTE FUNCTION krong_refuse_other_history();
"""
