"""Metrics of the server: increased where events happen, collected for each scrape.

`tally` counts at the price of an addition, `table` names every metric, `snapshot` holds the values of one moment and
adds up those of several processes, `exposition` writes them as Prometheus reads them. Knows nothing of what is counted.
"""
