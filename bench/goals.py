"""The figures that a run must give, and what each is to reach."""

from dataclasses import dataclass

from bench.plan import BEFORE, ENGINES


@dataclass(frozen=True)
class Goal:
    """A figure's meaning, and its least or greatest value."""

    meaning: str
    least: float | None = None
    most: float | None = None

    def is_reached(self, figure: float) -> bool:
        """Whether the figure is good enough."""
        return (self.least is None or figure >= self.least) and (self.most is None or figure <= self.most)

    def __str__(self) -> str:
        if self.least is None and self.most is None:
            return ""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"


CONVENTIONAL = "requests a second, ours over the conventional way's"
_BOTH: dict[str, tuple[str, dict[str, float]]] = {
    "update_vs_conventional": (f"updates of one task, 64 connections: {CONVENTIONAL}", {"sqlite": 15, "postgres": 8}),
    "update_c1_vs_conventional": ("the same, one connection", {"sqlite": 3, "postgres": 1.7}),
    "update_vs_floor": ("the same, 64 connections: with HTTP over our store without it", dict.fromkeys(ENGINES, 0.45)),
    "read_vs_conventional": (f"reads of one task, 64 connections: {CONVENTIONAL}", {"sqlite": 22, "postgres": 11}),
    "list_vs_conventional": (f"lists of 50 by filter and cursor: {CONVENTIONAL}", {"sqlite": 9, "postgres": 5}),
    "list_vs_before": (
        f"the same: processor time of a request in the server's processes, that of commit {BEFORE} over ours",
        {"sqlite": 2.5, "postgres": 1.6},
    ),
    "bulk_vs_floor": ("rows a second of a batch over those of the bare SQL", dict.fromkeys(ENGINES, 0.6)),
    "preview_vs_run": ("rows a second of a batch's preview over those of its run", dict.fromkeys(ENGINES, 1.0)),
    "undo_vs_run": ("rows a second of the batch that takes it back over those of its run", dict.fromkeys(ENGINES, 0.8)),
    "lane_vs_floor": ("our write lane over the same idea with nothing of the product", dict.fromkeys(ENGINES, 0.6)),
    "ibm_update_vs_native_patch": ("updates in the IBM dialect over our own API's", dict.fromkeys(ENGINES, 0.8)),
}
_KEPT = "of the rate of single updates, what is left beside a batch (in one process, without HTTP)"
_TO_STREAMS = "from a change to 100 streams at 500 updates a second"
GOALS: dict[str, Goal] = {
    **{
        f"{name}_{engine}": Goal(meaning, least=least)
        for name, (meaning, goals) in _BOTH.items()
        for engine, least in goals.items()
    },
    **{f"updates_kept_during_bulk_{engine}": Goal(_KEPT, least=0.7) for engine in ENGINES},
    "update_vs_pocketbase": Goal(
        "updates, 64 connections: ours on SQLite, of one process or two, over PocketBase's of a plain record", least=1.6
    ),
    "list_growth_1m_vs_10k": Goal(
        "time of a list among 1,000,000 tasks over that among 10,000, equal matches", most=1.5
    ),
    "update_p99_during_bulk": Goal("99th percentile of updates beside a batch over that alone, 16 connections", most=3),
    "rss_mb_1m": Goal("MB of memory without mapped files, 1,000,000 tasks stored, after all that", most=250),
    "bulk_rss_mb_1m": Goal("MB of the same, the most through a batch of 1,000,000 from upload to undo", most=300),
    "bulk_pause_s": Goal("seconds until a batch that runs stands still for a pause, the worse engine", most=1),
    "results_vs_copy": Goal(
        "rows a second of its results, NDJSON or CSV, over those of PostgreSQL's COPY of the same", least=0.3
    ),
    "creates_vs_before_postgres": Goal(
        "creates, 16 connections: over those of the release before, side by side", least=1.2
    ),
    "hot_rows_vs_before": Goal(
        "updates of 4 tasks by 16 writers on two nodes: over those of the release before, PostgreSQL", least=2
    ),
    **{
        f"update_with_events_{engine}": Goal(
            "updates, 64 connections: over those of the same server without the event log, side by side",
            least=0.92,
        )
        for engine in ENGINES
    },
    **{
        f"commit_to_stream_p99_ms_{engine}": Goal(f"99th percentile of ms {_TO_STREAMS}, same node", most=50)
        for engine in ENGINES
    },
    "commit_to_stream_other_node_ms_postgres": Goal(
        f"99th percentile of ms {_TO_STREAMS}, another node that only polls", most=1_500
    ),
    "idle_streams_mb": Goal("MB of memory without mapped files that 1,000 idle streams add", most=30),
    "idle_streams_cpu": Goal("share of one processor that 1,000 idle streams add", most=0.01),
    **{
        f"delta_events_per_second_{engine}": Goal(
            "events a second, 100,000 of them by delta, 1,000 a page", least=20_000
        )
        for engine in ENGINES
    },
    **{
        f"webhooks_per_second_{engine}": Goal("webhooks a second from one process to one fast receiver", least=1_500)
        for engine in ENGINES
    },
    **{
        f"webhooks_kept_beside_dead_{engine}": Goal(
            "of that rate, what is left beside 50 endpoints that never answer", least=0.8
        )
        for engine in ENGINES
    },
    **{
        f"inbox_page_vs_json_{engine}": Goal(
            "time of the inbox's page of 50 rows over that of the JSON list of the same 50, medians", most=2.5
        )
        for engine in ENGINES
    },
    **{f"inbox_page_vs_json_p95_{engine}": Goal("the same of their 95th percentiles", most=3) for engine in ENGINES},
    **{
        f"inbox_growth_1m_vs_10k_{engine}": Goal(
            "time of the inbox's lists by index among 1,000,000 tasks over that among 10,000, the worst", most=1.5
        )
        for engine in ENGINES
    },
    **{
        f"inbox_page_1000_vs_1_{engine}": Goal("time of page 1,000 of a list by cursor over that of page 1", most=1.2)
        for engine in ENGINES
    },
    **{
        f"review_page_vs_json_{engine}": Goal(
            "time of a review's page of 100 out of 100,000 entries over that of the preview as JSON", most=2.5
        )
        for engine in ENGINES
    },
    **{f"review_find_ms_{engine}": Goal("ms of a search in these entries", most=1_000) for engine in ENGINES},
    **{
        f"inbox_script_ms_{engine}": Goal("ms of script on the main thread for a page of 50 rows", most=50)
        for engine in ENGINES
    },
    **{
        f"identify_growth_1m_vs_10k_{engine}": Goal(
            "time to identify a customer by one attribute among 1,000,000 contacts over that among 10,000, medians",
            most=1.5,
        )
        for engine in ENGINES
    },
    **{
        f"inbox_lists_1m_ms_{engine}": Goal(
            "ms of the slowest list or count of an inbox among 1,000,000 tasks, offered to 500 groups", most=20
        )
        for engine in ENGINES
    },
    **{
        f"inbox_list_growth_1m_vs_10k_{engine}": Goal(
            "time of each of these among 1,000,000 tasks over that among 10,000, the worst", most=3
        )
        for engine in ENGINES
    },
    **{f"inbox_act_ms_{engine}": Goal("ms of an act, from its form to the changed row", most=60) for engine in ENGINES},
    **{f"inbox_act_p95_ms_{engine}": Goal("the same, 95th percentile", most=150) for engine in ENGINES},
    **{
        f"inbox_update_p99_beside_streams_{engine}": Goal(
            "99th percentile of updates, 200 a second, beside the streams of 200 pages over that without", most=1.2
        )
        for engine in ENGINES
    },
    **{f"inbox_streams_mb_{engine}": Goal("MB of memory that these streams add", most=30) for engine in ENGINES},
    **{
        f"inbox_commit_to_row_ms_{engine}": Goal(
            "ms from a change to the row that an open page has of it, same node, medians", most=1_000
        )
        for engine in ENGINES
    },
    "inbox_commit_to_row_other_node_ms_postgres": Goal("the same, another node that only polls", most=2_000),
    **{
        f"htm_query_vs_native_list_{engine}": Goal(
            "time of tasks/query by queryFilter, 50 rows, over that of the native list of the same", most=2
        )
        for engine in ENGINES
    },
    **{
        f"htm_query_growth_1m_vs_10k_{engine}": Goal(
            "time of that query among 1,000,000 tasks over that among 10,000, for 10,000 work items", most=1.5
        )
        for engine in ENGINES
    },
    **{
        f"htm_claim_next_vs_claim_{engine}": Goal("claimNext by 64 callers over claims by id, a second", least=0.5)
        for engine in ENGINES
    },
    "overload_goodput": Goal("updates of 2,000 clients that ask again at once over those of 64, the peak", least=0.9),
    "overload_p99_ms_2000": Goal("99th percentile of ms of those updates", most=1_000),
    "overload_p99_ms_6000": Goal("the same of 6,000 clients", most=2_000),
    "read_two_workers_vs_one_sqlite": Goal("reads of two processes on one SQLite file over those of one", least=1.4),
    "list_two_workers_vs_one_sqlite": Goal("the same of lists of 50", least=1.7),
    "update_two_workers_vs_one_sqlite": Goal("the same of updates"),
    "session_vs_token": Goal("processor time of a page by a session over that by a token, 16 connections", most=1.1),
    "p99_beside_guesses": Goal(
        "99th percentile of reads beside 50 wrong logins a second for one user over that alone, 16 connections",
        most=1.5,
    ),
    "ready_s": Goal("seconds from start to ready, empty SQLite", most=1.5),
}
"""Where there is one figure for both engines it is the worse one."""


def missing(figures: dict[str, float]) -> set[str]:
    """The figures that a whole run would have given."""
    return GOALS.keys() - figures.keys()
