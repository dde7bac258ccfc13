"""`python -m codemods` is the same as the `wsconsolidate` command."""

from codemods.cli import main

if __name__ == "__main__":
    main()
