"""Messages to members: reading them, handing them to a sender, and the reminders that the clock tells.

What is told and in which words stands in `outbox`, where every noun reaches it; nothing is sent from here.
"""
