"""A phone without Twilio: signs, posts and acts out TwiML as Twilio would."""
