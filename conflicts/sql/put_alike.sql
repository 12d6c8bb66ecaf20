-- One likeness that a selection means; class 0: none.
INSERT INTO conflict_meant (selection, layer_id, land_use_id, lifecycle) VALUES (%s, %s, %s, %s)
