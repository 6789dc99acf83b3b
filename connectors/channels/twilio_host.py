"""Where Twilio is: the configuration names it too, and needs nothing else of what talks to it."""

HOST = "https://api.twilio.com"
