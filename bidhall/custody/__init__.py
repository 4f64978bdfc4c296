"""What every holder of a piece of the power to open does before letting it go."""
