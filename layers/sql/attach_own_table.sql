-- From here on its rows are rows of layers_feature. layers_feature_common is locked already.
ALTER TABLE layers_feature ATTACH PARTITION {table} FOR VALUES IN ({layer_id});
ALTER TABLE {table} DROP CONSTRAINT own_layer
