"""What is measured: scenarios, and the clients that take part in each."""

from __future__ import annotations

from dataclasses import dataclass

OURS = "blynk-webhooks"
FLOOR = "wrk, no parsing"


@dataclass(frozen=True)
class Run:
    """One process to be measured: ``program`` is python, node, wrk or emulator; the rest its arguments."""

    label: str
    program: str
    arguments: tuple[str, ...]
    #: How the server is reached: ``http``, ``https`` (HTTP/1.1 over TLS) or ``h2`` (HTTP/2 over TLS).
    way: str = "http"


@dataclass(frozen=True)
class Scenario:
    """Clients that do the same work, measured in turn."""

    key: str
    title: str
    runs: tuple[Run, ...]
    #: One request at a time: client and server never work at the same time and share a core. Left to itself the system
    #: puts them on one core in some runs and on two in others, where each wakes the other: four times slower.
    one_core: bool = False


MODELS = ("pydantic", "msgspec")


def _python(mode: str, peers: dict[str, tuple[str, ...]], length: int) -> tuple[Run, ...]:
    def run(label: str, client: str, models: str) -> Run:
        return Run(label, "python", ("worker.py", mode, client, models, str(length)))

    runs = [run(OURS, "ours", "own"), run("openapi-python-client (httpx, attrs)", "generated", "own")]
    runs += [run(f"{peer} + {models}", peer, models) for peer, used in peers.items() for models in used]
    return tuple(runs)


SYNC = {"httpx": MODELS[:1], "requests": MODELS[:1]} | dict.fromkeys(("pycurl", "primp", "wreq", "pyreqwest"), MODELS)
ASYNC = {"httpx": MODELS[:1]} | dict.fromkeys(("aiohttp", "primp", "wreq", "pyreqwest"), MODELS)
NODE = {
    OURS: "ours",
    "fetch + zod": "fetch",
    "axios + zod": "axios",
    "got + zod": "got",
    "undici + zod": "undici",
    "undici + JSON.parse (no check)": "undiciJson",
    "openapi-fetch (no check)": "openapiFetch",
}


def _node(in_flight: int, length: int) -> tuple[Run, ...]:
    return tuple(Run(label, "node", ("worker.mjs", peer, str(in_flight), str(length))) for label, peer in NODE.items())


def _floor(connections: int, length: int) -> tuple[Run, ...]:
    return (Run(FLOOR, "wrk", (str(connections), str(length))),)


def _python_run(label: str, mode: str, client: str, models: str, what: str, way: str = "http") -> Run:
    return Run(label, "python", ("worker.py", mode, client, models, what), way)


def _node_run(label: str, peer: str, in_flight: int, what: str, way: str = "http") -> Run:
    return Run(label, "node", ("worker.mjs", peer, str(in_flight), what), way)


def _decode(*names: tuple[str, str], length: int = 10_000) -> tuple[Run, ...]:
    return tuple(Run(label, "python", ("decode.py", name, str(length))) for label, name in names)


#: Measured as calls per second.
CALLS = (
    Scenario("sync-one", "Python, sync, one webhook", _python("sync", SYNC, 0) + _floor(1, 0), one_core=True),
    Scenario("sync-list", "Python, sync, list of 100", _python("sync", SYNC, 100) + _floor(1, 100), one_core=True),
    Scenario("async-one", "Python, async, 64 tasks, one webhook", _python("async", ASYNC, 0) + _floor(64, 0)),
    Scenario("async-list", "Python, async, 64 tasks, list of 100", _python("async", ASYNC, 100) + _floor(64, 100)),
    Scenario("node-one", "Node, 64 in flight, one webhook", _node(64, 0)),
    Scenario("node-list", "Node, 64 in flight, list of 100", _node(64, 100)),
    Scenario("node-sequential", "Node, one after the other, one webhook", _node(1, 0), one_core=True),
)

#: The word for a create in the place of a list's length.
CREATE = "create"
UNDICI = "undici + JSON.parse (no check)"

#: Calls per second too: over TLS, over HTTP/2, and calls that write. Fewer peers: those that can be told the authority.
MORE_CALLS = (
    Scenario(
        "tls-sync-one",
        "Python, sync, one webhook, HTTP/1.1 over TLS",
        tuple(
            _python_run(label, "sync", client, models, "0", "https")
            for label, client, models in (
                (OURS, "ours", "own"),
                ("pycurl + msgspec", "pycurl", "msgspec"),
                ("requests + pydantic", "requests", "pydantic"),
                ("httpx + pydantic", "httpx", "pydantic"),
            )
        ),
        one_core=True,
    ),
    Scenario(
        "tls-async-list",
        "Python, async, 64 tasks, list of 100, HTTP/1.1 over TLS",
        tuple(
            _python_run(label, "async", client, models, "100", "https")
            for label, client, models in (
                (OURS, "ours", "own"),
                ("aiohttp + msgspec", "aiohttp", "msgspec"),
                ("httpx + pydantic", "httpx", "pydantic"),
            )
        ),
    ),
    Scenario(
        "tls-node-one",
        "Node, 64 in flight, one webhook, HTTP/1.1 over TLS",
        (
            _node_run(OURS, "ours", 64, "0", "https"),
            _node_run(UNDICI, "undiciJson", 64, "0", "https"),
            _node_run("fetch + zod", "fetch", 64, "0", "https"),
        ),
    ),
    Scenario(
        "h2-one",
        "64 in flight, one webhook, HTTP/2 over TLS",
        (
            _python_run(OURS, "async", "ours", "own", "0", "h2"),
            _node_run(f"{OURS}, Node", "ours", 64, "0", "h2"),
            _node_run("undici + JSON.parse (no check)", "undiciH2", 64, "0", "h2"),
        ),
    ),
    Scenario(
        "create-async",
        "Python, async, 64 tasks, creates",
        tuple(
            _python_run(label, "async", client, models, CREATE)
            for label, client, models in (
                (OURS, "ours", "own"),
                ("aiohttp + msgspec", "aiohttp_create", "msgspec"),
                ("httpx + pydantic", "httpx_create", "pydantic"),
            )
        ),
    ),
    Scenario(
        "create-node",
        "Node, 64 in flight, creates",
        (_node_run(OURS, "ours", 64, CREATE), _node_run(UNDICI, "undiciCreate", 64, CREATE)),
    ),
)

#: Measured as seconds.
DECODE = Scenario(
    "decode",
    "Python, values of a list of 10,000",
    _decode(
        (f"{OURS}, call over HTTP and values", "ours"),
        (f"{OURS}, the same, then every field read", "ours_read"),
        ("msgspec, bytes in memory", "msgspec"),
        ("msgspec, the same, then every field read", "msgspec_read"),
        ("pydantic, bytes in memory", "pydantic"),
        ("pydantic, the same, then every field read", "pydantic_read"),
        ("json.loads, bytes in memory (no check)", "json"),
        ("pycurl, call over HTTP, no values", "transport"),
    ),
)
GROWTH = Scenario(
    "growth",
    "Python, list by its length, as in the table before",
    tuple(
        run
        for length in (1_000, 10_000, 100_000)
        for run in _decode((f"{OURS}, {length:,}", "ours"), (f"msgspec, {length:,}", "msgspec"), length=length)
    ),
)
IMPORT = Scenario(
    "import",
    "Import",
    tuple(
        Run(label, "python", ("import_time.py", *modules.split()))
        for label, modules in (
            (f"Python: {OURS}", "blynk_webhooks"),
            ("Python: requests + pydantic", "requests pydantic"),
            ("Python: httpx + pydantic", "httpx pydantic"),
            ("Python: aiohttp + pydantic", "aiohttp pydantic"),
            ("Python: pycurl + msgspec", "pycurl msgspec"),
            ("Python: primp + msgspec", "primp msgspec"),
            ("Python: wreq + msgspec", "wreq msgspec"),
            ("Python: pyreqwest + msgspec", "pyreqwest.client msgspec"),
        )
    )
    + tuple(
        Run(label, "node", ("require_time.cjs", *packages.split()))
        for label, packages in (
            (f"Node: {OURS}", "blynk-webhooks"),
            ("Node: undici + zod", "undici zod"),
            ("Node: axios + zod", "axios zod"),
        )
    ),
)
TIMES = (DECODE, IMPORT)
