"""Time and memory: classes for asv, and scripts that print ratios."""
