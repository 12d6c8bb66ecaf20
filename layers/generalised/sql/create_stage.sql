CREATE TEMP TABLE IF NOT EXISTS generalised_stage (
    feature_row bigint NOT NULL,
    sign int NOT NULL,
    land_use_row bigint NOT NULL,
    colour_value text NOT NULL,
    "column" int NOT NULL,
    "row" int NOT NULL,
    area_dm2 bigint NOT NULL,
    seen_from int NOT NULL,
    geometry geometry
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS generalised_delta (
    zoom int NOT NULL,
    "column" int NOT NULL,
    "row" int NOT NULL,
    land_use_row bigint NOT NULL,
    colour_value text NOT NULL,
    part_count int NOT NULL,
    area_dm2 bigint NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS generalised_shape (
    zoom int NOT NULL,
    feature_row bigint NOT NULL,
    seen_from int NOT NULL,
    geometry geometry NOT NULL
) ON COMMIT DROP;
