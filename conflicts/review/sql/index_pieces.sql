CREATE INDEX ON review_piece USING gist (geometry);
ANALYZE review_piece
