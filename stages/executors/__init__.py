"""Where work runs: threads or processes of this machine, or a cluster; no result depends on it."""
