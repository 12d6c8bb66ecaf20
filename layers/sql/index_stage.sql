-- An identifier stands once in a version.
ALTER TABLE layer_stage ADD PRIMARY KEY (stable_id);
ANALYZE layer_stage
