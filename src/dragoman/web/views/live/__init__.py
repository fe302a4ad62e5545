"""What the script of open pages asks for."""
