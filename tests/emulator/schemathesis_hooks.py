"""What a JSON schema cannot say about a webhook's URL, for schemathesis."""

import schemathesis
from hypothesis import strategies as st

# Nothing listens on port 9, and hosts beyond loopback are refused, so no delivery reaches anybody.
hosts = st.sampled_from(["127.0.0.1:9", "localhost:9", "[::1]:9", "example.com", "{device_name}.example.com"])
paths = st.lists(st.sampled_from(["/", "a", "{device_id}", "%20", "ü", "?q={user_id}"]), max_size=4).map("".join)
urls = st.builds(
    lambda scheme, host, path: f"{scheme}://{host}/{path}", st.sampled_from(["http", "https", "HTTP"]), hosts, paths
)
schemathesis.openapi.format("webhook-url", urls)
