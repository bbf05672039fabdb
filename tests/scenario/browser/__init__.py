"""What people see and do in a browser, on pages that a Node serves."""
