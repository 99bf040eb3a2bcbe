"""One file per filter; the module name is the plugin's name."""
