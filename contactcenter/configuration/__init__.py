"""What admins set while the site runs, as one whole value: its parts, their plain forms, what can't be, and changes to it. Pure."""
