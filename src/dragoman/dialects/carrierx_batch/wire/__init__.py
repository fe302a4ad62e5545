"""The vendor's shapes, ids and rules, and what they are in the domain."""
