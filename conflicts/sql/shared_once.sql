-- Each pair of the "shared" that is no sliver, once, as "once": a part of other questions.
once AS (
    SELECT DISTINCT ON (least(names.subject, names.object), greatest(names.subject, names.object))
        shared.*
    FROM shared
    CROSS JOIN LATERAL (
        SELECT
            ARRAY[shared.subject_layer, shared.subject_id]::text[] AS subject,
            ARRAY[shared.object_layer, shared.object_id]::text[] AS object
    ) AS names
    WHERE shared.measure > 0
      AND (shared.dimension < 2 OR shared.measure >= shared.least_measure)
    ORDER BY
        least(names.subject, names.object), greatest(names.subject, names.object), names.subject
)
