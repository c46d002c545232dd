"""What a partner sends: contracts, layouts and entities."""
