"""`python -m launch` is `ankang`."""

from launch.cli import main

if __name__ == "__main__":  # the workers that write a simulated past import it too
    main()
