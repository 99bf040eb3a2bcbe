"""How exact and how fast the film decoder is, measured beside others: `exactness` and `media`."""
