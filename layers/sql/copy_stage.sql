COPY layer_stage (stable_id, land_use, lifecycle, geometry, properties) FROM STDIN
