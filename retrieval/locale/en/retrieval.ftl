matched-word = the word “{ $said }”
matched-part = “{ $said }” (part of a compound)
matched-expansion = “{ $said }” → “{ $meant }” (thesaurus)
matched-spelling = “{ $said }” resembles “{ $meant }”
matched-heading = the heading holds “{ $said }”
matched-ref = the reference { $said }
matched-meaning = a similar meaning (language model, { $percent } %)
