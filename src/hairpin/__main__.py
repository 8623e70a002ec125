"""``python -m hairpin`` is the program."""

from hairpin.cli import main

main()
