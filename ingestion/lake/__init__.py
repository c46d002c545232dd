"""What is in force, and the ledger of all deliveries."""
