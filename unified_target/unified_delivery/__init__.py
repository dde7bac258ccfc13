"""The delivery engine beneath the manager: one log of events per user, one cursor into it per connection.

    publish ──▶ UserStream (numbered, bounded, per user) ──▶ Channel (cursor + one writer task) ──▶ socket
                      ▲                                            │
                      └──────────── resume: put the cursor back ◀──┘

- A message is encoded once and appended to its user's stream; nothing is awaited, so a producer never waits for a
  socket and a cancelled producer leaves no half-done event.
- Every connection has one writer, so two sends never overlap and all tabs of a user see one order.
- A connection has no queue of its own: what waits for it is the part of the log behind its cursor. Replay after a
  reconnect is the same walk from an older position, hence exact and always before live events.
- What a socket did not take stays in the log: a send that failed or timed out is never repeated on that socket, it is
  replayed on the next one.

More than one process is joined by `backplane`, which is optional: the same logs, numbered by Redis. Nothing else here
knows of it but by the protocol `hub.Backplane`; its parts are the modules named `backplane_...`.

All public methods of `Hub` may be called from any thread. Times are seconds of a monotonic clock, sizes are bytes of
the encoded text.
"""
