"""What others see of the salon: the API under /v1, webhooks and CSV exports."""
