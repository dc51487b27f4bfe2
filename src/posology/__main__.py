"""The command as `python -m posology`, for where scripts are not on the path."""

from posology.cli import main

if __name__ == "__main__":
    main()
