-- Later rows state their layer and version, and their class exists.
ALTER TABLE {table}
    ALTER COLUMN layer_id DROP DEFAULT,
    ALTER COLUMN introduced_in DROP DEFAULT,
    ADD FOREIGN KEY (land_use_id) REFERENCES layers_landuseclass DEFERRABLE INITIALLY DEFERRED
