"""Where claims meet what goes out: they hold posts back, are followed to the networks, and corrected there."""
