"""From records of a platform to the working copy, and from its changes to Events."""

from integrations.ingest.apply import Applied, records_apply, records_store

__all__ = ["Applied", "records_apply", "records_store"]
