"""Programs in which some schedule gives a result that their author cannot want; the racing lines are marked."""
