"""The audit page: by client and by person, who or what read, drafted, decided and sent."""
