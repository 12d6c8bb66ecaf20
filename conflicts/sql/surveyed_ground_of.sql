-- Where one layer is completely surveyed for the classes asked (none: as a whole). NULL: nowhere.
SELECT ST_AsBinary(krong_surveyed_ground(%(layer)s, %(asked)s::text[]))
