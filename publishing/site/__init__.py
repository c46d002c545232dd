"""The site of a release: pages that open from disk or any web server, made of published tables alone."""
