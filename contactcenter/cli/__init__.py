"""The command line: the only package that knows click. One module for each noun."""
