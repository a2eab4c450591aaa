"""How somebody lives: signs of life, habits, and when their quiet is to be judged."""
