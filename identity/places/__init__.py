"""Which accounts of organizations and of sites are of one place, under whatever names and numbers."""
