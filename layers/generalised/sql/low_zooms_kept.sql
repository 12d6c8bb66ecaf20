-- Whether the low zooms of a version are made, in the manner of today.
SELECT id
FROM layers_generalisedlayer
WHERE layer_id = %(layer_id)s
  AND recipe = %(recipe)s
  AND %(number)s BETWEEN first_number AND last_number
