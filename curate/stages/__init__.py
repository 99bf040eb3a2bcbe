"""One file per stage; the module name is the plugin's name."""
