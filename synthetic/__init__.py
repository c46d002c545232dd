"""The made-up community of Riverbend with its known truth, written in the partners' own formats."""
