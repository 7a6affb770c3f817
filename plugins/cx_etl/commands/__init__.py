"""The commands of ``cx``, by what they are about. Heavy modules are imported by the command that needs them."""
