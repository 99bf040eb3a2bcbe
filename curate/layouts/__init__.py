"""One file per layout; the module name is the plugin's name."""
