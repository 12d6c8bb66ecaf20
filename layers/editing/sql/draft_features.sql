-- A page of the features of a layer as a draft shows them: the published ones it does not touch,
-- and its own. Where a box is given, feature_current_layer_geometry finds the published ones.
WITH edited AS MATERIALIZED (
    SELECT *
    FROM layers_draftedit
    WHERE draft_id = %(draft_id)s AND is_latest AND action <> 'withdraw'
),
page AS (
    SELECT
        feature.stable_id, feature.id AS base_row, NULL::int AS revision, NULL::text AS action,
        feature.geometry, feature.land_use_id, feature.lifecycle, feature.properties,
        '' AS note, NULL::int AS edited_by_id, NULL::timestamptz AS edited_at
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND feature.stable_id > %(after)s
      AND (%(only)s::text[] IS NULL OR feature.stable_id = ANY(%(only)s::text[]))
      AND (%(west)s::float IS NULL OR feature.geometry && ST_MakeEnvelope(
          %(west)s, %(south)s, %(east)s, %(north)s, %(srid)s))
      AND NOT EXISTS (SELECT 1 FROM edited WHERE edited.stable_id = feature.stable_id)
    UNION ALL
    SELECT
        edited.stable_id, edited.base_row, edited.revision, edited.action, edited.geometry,
        edited.land_use_id, edited.lifecycle, edited.properties,
        edited.note, edited.edited_by_id, edited.edited_at
    FROM edited
    WHERE edited.stable_id > %(after)s
      AND (%(only)s::text[] IS NULL OR edited.stable_id = ANY(%(only)s::text[]))
      AND (%(with_deleted)s OR edited.action <> 'delete')
      AND (%(west)s::float IS NULL OR edited.geometry IS NULL OR edited.geometry && ST_MakeEnvelope(
          %(west)s, %(south)s, %(east)s, %(north)s, %(srid)s))
    ORDER BY stable_id
    LIMIT %(limit)s
)
SELECT
    page.stable_id, page.base_row, page.revision, page.action, ST_AsBinary(page.geometry),
    class.code, page.lifecycle, page.properties::text, page.note,
    account.username, page.edited_at
FROM page
LEFT JOIN layers_landuseclass AS class ON class.id = page.land_use_id
LEFT JOIN auth_user AS account ON account.id = page.edited_by_id
ORDER BY page.stable_id
