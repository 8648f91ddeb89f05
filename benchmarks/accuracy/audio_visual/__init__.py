"""Where in the picture the sound is: SSPL, SSPL with predictive coding and SACL on made scenes."""
