"""From a plan and a code base to the changes that carry the plan out, each with its reason; nothing is written here."""
