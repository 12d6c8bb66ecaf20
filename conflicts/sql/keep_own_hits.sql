-- Of the hits of one question: those without the proposal were only asked for their sum; parts of one proposal do not conflict with each other, and a pair
-- found from both sides is kept once, the side first in order as the subject, as in full detection.
DELETE FROM conflict_hit AS hit
WHERE NOT (
    hit.subject_row = ANY(%(proposed)s) OR coalesce(hit.object_row = ANY(%(proposed)s), false)
)
   OR (hit.subject_row = ANY(%(proposed)s) AND hit.object_row = ANY(%(proposed)s))
   OR EXISTS (
       SELECT 1
       FROM conflict_hit AS mirrored
       WHERE mirrored.subject_layer = hit.object_layer
         AND mirrored.subject_id = hit.object_id
         AND mirrored.object_layer = hit.subject_layer
         AND mirrored.object_id = hit.subject_id
         AND ARRAY[hit.subject_layer, hit.subject_id]::text[]
             > ARRAY[mirrored.subject_layer, mirrored.subject_id]::text[]
   )
