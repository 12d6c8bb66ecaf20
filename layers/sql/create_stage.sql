-- Features waiting for the next version of one layer; gone with the transaction.
CREATE TEMPORARY TABLE layer_stage (
    stable_id varchar(80) NOT NULL PRIMARY KEY,
    land_use varchar(40),
    lifecycle varchar(20) NOT NULL,
    geometry geometry(Geometry) NOT NULL,
    properties jsonb NOT NULL,
    is_new boolean NOT NULL DEFAULT true
) ON COMMIT DROP
