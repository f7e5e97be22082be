matched-word = ordet “{ $said }”
matched-part = “{ $said }” (del af et sammensat ord)
matched-expansion = “{ $said }” → “{ $meant }” (ordbog)
matched-spelling = “{ $said }” ligner “{ $meant }”
matched-heading = overskriften indeholder “{ $said }”
matched-ref = henvisningen { $said }
matched-meaning = betydningen ligner (sprogmodel, { $percent } %)
