"""StayHub, a vendor that exists nowhere."""
