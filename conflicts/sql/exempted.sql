-- The number of the first exemption that both sides of a row of "once" meet.
SELECT min(exempted.number)
FROM unnest(%(exempt_subjects)s::jsonpath[], %(exempt_objects)s::jsonpath[])
    WITH ORDINALITY AS exempted(of_subject, of_object, number)
WHERE jsonb_path_match(
        jsonb_strip_nulls(once.subject_properties), exempted.of_subject, '{}', true)
  AND jsonb_path_match(
        jsonb_strip_nulls(once.object_properties), exempted.of_object, '{}', true)
