"""Spanish as it is written in Latin America."""
