"""Ask: questions of the desk, answered with the asker's own rights."""
