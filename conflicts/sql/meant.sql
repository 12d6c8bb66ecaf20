-- Whether a current "feature" of a "layer" is one that a selector may mean: what is left is its
-- "condition", see condition.sql. A part of other questions.
    feature.retired_in IS NULL
  AND (%(layers)s::text[] IS NULL OR layer.slug = ANY(%(layers)s))
  AND layer.slug <> ALL(%(except_layers)s::text[])
  AND (%(theme)s = '' OR layer.theme = %(theme)s)
  AND feature.lifecycle = ANY(%(lifecycles)s)
  AND (
      %(classes)s::text[] IS NULL
      OR feature.land_use_id IN (
          SELECT class.id FROM layers_landuseclass AS class WHERE class.code = ANY(%(classes)s)
      )
  )
