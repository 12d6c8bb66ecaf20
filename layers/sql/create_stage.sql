-- Features waiting for the next version of one layer; gone with the transaction.
CREATE TEMPORARY TABLE layer_stage (
    stable_id varchar(80) NOT NULL,
    land_use_id bigint,
    lifecycle varchar(20) NOT NULL,
    geometry geometry(Geometry) NOT NULL,
    properties jsonb NOT NULL
) ON COMMIT DROP
