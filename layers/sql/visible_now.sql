-- Who holds a session, and the published version of every layer that reader may see, as of now; of
-- one layer only where its slug is given.
-- visibility.py says the same: public layers for all, internal ones for staff, restricted ones for
-- accounts with the permission "can view layer". An account that was closed is nobody.
-- The marks change with every change of a row: what was read under the same marks is still so.
SELECT
    session.session_data,
    account.password,
    layer.id AS layer_id,
    version.id AS version_id,
    concat_ws('/', layer.xmin, layer.ctid, version.xmin, version.ctid) AS marks
FROM (SELECT 1) AS request
LEFT JOIN django_session AS session
    ON session.session_key = %(session_key)s AND session.expire_date > now()
LEFT JOIN auth_user AS account
    ON account.id = %(account)s AND account.is_active AND session.session_key IS NOT NULL
JOIN layers_layer AS layer ON layer.published_number IS NOT NULL AND %(slug)s IN ('', layer.slug) AND (
    layer.visibility = 'public'
    OR (layer.visibility = 'internal' AND account.is_staff)
    OR (layer.visibility = 'restricted' AND (account.is_superuser OR EXISTS (
        SELECT 1
        FROM auth_permission AS permission
        JOIN django_content_type AS kind ON kind.id = permission.content_type_id
        WHERE kind.app_label = 'layers' AND permission.codename = 'view_layer'
          AND (
              EXISTS (
                  SELECT 1 FROM auth_user_user_permissions AS own
                  WHERE own.user_id = account.id AND own.permission_id = permission.id
              )
              OR EXISTS (
                  SELECT 1
                  FROM auth_user_groups AS member
                  JOIN auth_group_permissions AS given ON given.group_id = member.group_id
                  WHERE member.user_id = account.id AND given.permission_id = permission.id
              )
          )
    )))
)
JOIN layers_layerversion AS version
    ON version.layer_id = layer.id AND version.number = layer.published_number
ORDER BY layer.theme, layer.slug
