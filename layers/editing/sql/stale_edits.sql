-- Edits of a draft whose feature is no longer the row they were made on, with who changed it.
-- A feature that both sides deleted is no conflict. feature_current_once finds each current row.
SELECT
    edit.stable_id,
    edit.action,
    edit.revision,
    standing.id AS row,
    version.number,
    account.username,
    version.published_at
FROM layers_draftedit AS edit
LEFT JOIN LATERAL (
    SELECT feature.id, feature.introduced_in
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s
      AND feature.stable_id = edit.stable_id
      AND feature.retired_in IS NULL
) AS standing ON true
LEFT JOIN layers_feature AS base
    ON base.id = edit.base_row AND base.layer_id = %(layer_id)s
LEFT JOIN layers_layerversion AS version
    ON version.layer_id = %(layer_id)s
    AND version.number = coalesce(standing.introduced_in, base.retired_in)
LEFT JOIN auth_user AS account ON account.id = version.published_by_id
WHERE edit.draft_id = %(draft_id)s
  AND edit.is_latest
  AND edit.action <> 'withdraw'
  AND standing.id IS DISTINCT FROM edit.base_row
  AND NOT (edit.action = 'delete' AND standing.id IS NULL)
ORDER BY edit.stable_id
