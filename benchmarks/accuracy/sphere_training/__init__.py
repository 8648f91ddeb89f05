"""Training of the published recurrent network on ambisonics, with clips that are new each time."""
