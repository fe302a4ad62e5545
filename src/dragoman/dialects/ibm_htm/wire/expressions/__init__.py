"""The languages of conditions, `queryFilter` and `whereClause` (ibm-htm-2.md, B), and the views that they speak of."""
