"""What if: changes of the land that nobody made yet, and the findings they would bring."""
