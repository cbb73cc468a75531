"""Programs that stateserver and stateclient run as child processes; docs/workers.md."""
