-- Where the current features of a layer lie and which classes they have.
SELECT
    ST_XMin(lying.box), ST_YMin(lying.box), ST_XMax(lying.box), ST_YMax(lying.box),
    ARRAY(
        SELECT DISTINCT class.code
        FROM layers_feature AS feature
        JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
        WHERE feature.layer_id = %(layer_id)s AND feature.retired_in IS NULL
        ORDER BY class.code
    )
FROM (
    SELECT ST_Extent(feature.geometry) AS box
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s AND feature.retired_in IS NULL
) AS lying
