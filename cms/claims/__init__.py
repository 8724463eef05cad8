"""Claims: attached to the blocks of a story, checked by a person, followed into every variant that carries them."""
