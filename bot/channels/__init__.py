"""Where people are: each channel is an aiogram Bot whose session speaks to one place."""
