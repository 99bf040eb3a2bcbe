"""One file per provider; the module name is the plugin's name."""
