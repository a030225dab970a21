"""The fault run: the whole product under a hand that kills it, and a witness that counts."""
