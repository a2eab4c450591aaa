"""`python -m launch` is `ankang`."""

from launch.cli import main

main()
