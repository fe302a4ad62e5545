"""What goes over the wire, declared once: the same Structs decode bodies, list their faults and make the OpenAPI."""
