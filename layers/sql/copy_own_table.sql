COPY {table} (stable_id, land_use_id, lifecycle, geometry, properties) FROM STDIN (FORMAT binary)
