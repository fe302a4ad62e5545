"""The vendor's shapes and the domain's: paths and ids, moments, events, resources, queries, schemas."""
