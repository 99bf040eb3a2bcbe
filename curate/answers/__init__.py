"""How right an answer is, beside its reference: one room for each kind of answer."""
