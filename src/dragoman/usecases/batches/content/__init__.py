"""What a batch is made of: entries and data, from requests, uploads, selections and other batches."""
