"""Children of partners that may not tell names: encoded with a key on their side, compared on ours."""
