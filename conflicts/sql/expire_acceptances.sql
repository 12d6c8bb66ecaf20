-- An acceptance ends after its last day, or with the next version of the plan layer it was given
-- under: the finding is open again, also where nothing changed nearby and where it is not seen now.
UPDATE conflicts_finding AS finding
SET
    state = 'open',
    step = CASE WHEN acceptance.valid_to < %(today)s THEN 'expired' ELSE 'plan_revised' END
FROM conflicts_acceptance AS acceptance
LEFT JOIN layers_layer AS plan ON plan.slug = acceptance.plan_layer
WHERE acceptance.finding_id = finding.id
  AND acceptance.state = 'approved'
  AND finding.state = 'accepted'
  AND (%(rulebook_code)s = '' OR finding.rulebook_code = %(rulebook_code)s)
  AND (
      acceptance.valid_to < %(today)s
      OR (
          acceptance.plan_layer <> ''
          AND plan.published_number IS DISTINCT FROM acceptance.plan_number
      )
  )
