
@final
class Violation:
    """One finding about a webhook specification or an argument.

    Example::

        for violation in WebhookSpec(name="Doors").validate():
            print(violation.path, violation.code, violation.message)
    """

    __match_args__: Final = ("path", "code", "message", "severity")
    def __new__(cls, path: str, code: str, message: str, severity: str) -> Self: ...
    @property
    def path(self) -> str:
        """Where: the wire name of a field, with an index inside lists, e.g. ``failureReceivers[3]``, or the name of an
        argument.
        """
    @property
    def code(self) -> str:
        """What kind, a stable text, e.g. ``too_long``."""
    @property
    def message(self) -> str:
        """What is wrong and what to do. Never holds a secret."""
    @property
    def severity(self) -> Literal["error", "warning"]:
        """``"error"`` (stops a call) or ``"warning"`` (never does)."""
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...

@final
class RenderedRequest:
    """The request that a webhook sends for given placeholder values.

    Example::

        request = spec.render({"device_id": 7})
        print(request.method, request.url, request.headers, request.body)
    """

    __match_args__: Final = ("method", "url", "headers", "body")
    @property
    def method(self) -> Method | str:
        """HTTP method: a ``Method``, or a string newer than this version."""
    @property
    def url(self) -> str:
        """URL with every placeholder replaced and percent-encoded."""
    @property
    def headers(self) -> dict[str, str]:
        """Headers by name; ``Content-Type`` where there is a body."""
    @property
    def body(self) -> str | None:
        """Body with every placeholder replaced and escaped for where it stands."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class WebhookSpec:
    """What a user decides about a webhook: frozen, every field optional, checked by ``validate()``.

    All fields are keywords. Strings are taken wherever enum members are; ``extra`` holds fields that
    this version does not know, by their wire names, and sends them as they are.

    Raises ``ValidationError`` if a value has the wrong type or a keyword is unknown.

    Example::

        spec = WebhookSpec(
            name="Device Status Notification",
            trigger="DEVICE_ADDED",
            url="https://example.com/webhook/{device_id}",
            method="POST",
            content_type="JSON",
            auth_type="NONE",
            body='{"device_id": "{device_id}"}',
        )
        assert spec.validate() == []
    """

    __match_args__: Final = (
        # WebhookSpec.__match_args__
    )
    # WebhookSpec.__new__
    # WebhookSpec's fields
    @property
    def extra(self) -> dict[str, Any]:
        """Fields this version does not know, by their wire names; sent as they are."""
    def replace(self, **changes: Unpack[SpecFields]) -> Self:
        """A copy with the named fields replaced; ``None`` takes a field away, ``extra`` is replaced as a whole.

        Raises ``ValidationError`` as the constructor does.

        Example::

            renamed = spec.replace(name="Doors", body=None)
        """
    def __replace__(self, **changes: Unpack[SpecFields]) -> Self: ...
    def to_dict(self) -> dict[str, Any]:
        """The spec as a dict with the wire's names; absent fields are left out. Holds the spec's secrets."""
    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any], /) -> Self:
        """A spec of a mapping with the wire's names. Read-only fields are left out, so a whole webhook may be given;
        unknown ones go to ``extra``.

        Raises ``ValidationError`` if a value has the wrong type.

        Example::

            spec = WebhookSpec.from_dict({"name": "Doors", "trigger": "DEVICE_ADDED", "contentType": "JSON"})
        """
    def to_json(self) -> str:
        """The spec as JSON text with the wire's names, as it is sent: every number as it was given."""
    @classmethod
    def from_json(cls, text: str, /) -> Self:
        """A spec of JSON text: as ``from_dict``, but nothing is lost, also of numbers that Python's floats cannot hold.

        Example::

            spec = WebhookSpec.from_json('{"name": "Doors", "formBody": {"limit": 1e400}}')
        """
    def validate(self, purpose: Literal["create", "update"] | None = None) -> list[Violation]:
        """Every finding about this spec at once; an empty list: nothing to say. Nothing is raised and nothing is sent.

        ``purpose`` is ``"create"``, ``"update"`` or ``None`` (not decided): only an update may set ``status``.
        """
    def placeholders(self) -> list[str]:
        """Names of the placeholders in the URL and the body, each once, in order of appearance."""
    def render(self, values: Mapping[str, Any], /) -> RenderedRequest:
        """The request that the webhook sends for these placeholder values; nothing is sent here.

        Raises ``ValidationError`` if a value is missing or the URL becomes invalid.

        Example::

            spec.render({"device_id": 7}).url
        """
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...

@final
class Webhook:
    """A webhook as the server holds it: frozen; every field but ``id`` may be ``None``.

    Fields this version does not know are in ``extra``. ``spec`` gives what a user decides of it, ready to change and
    send back. The constructor is for tests of your own code.

    Example::

        webhook = client.get(7)
        client.update(webhook.id, webhook.spec.replace(name="Doors"))
    """

    __match_args__: Final = ("id", "name", "trigger", "url", "status")
    # Webhook.__new__
    # Webhook's fields
    @property
    def extra(self) -> dict[str, Any]:
        """Fields this version does not know, by their wire names."""
    @property
    def spec(self) -> WebhookSpec:
        """What a user decides of it: a ``WebhookSpec``, ready to change and send back."""
    def to_dict(self) -> dict[str, Any]:
        """The webhook as a dict with the wire's names, times in milliseconds since 1970. Holds its secrets."""
    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any], /) -> Self:
        """A webhook of a mapping with the wire's names, e.g. one that was stored.

        Raises ``ValidationError`` if ``id`` is absent or a value has the wrong type.
        """
    def to_json(self) -> str:
        """The webhook as JSON text with the wire's names: every value as the server wrote it. Holds its secrets."""
    @classmethod
    def from_json(cls, text: str, /) -> Self:
        """A webhook of JSON text, as ``from_dict``, but nothing is lost, also of numbers that Python's floats cannot
        hold.
        """
    def _repr_html_(self) -> str: ...
    def _shown(self) -> dict[str, Any]: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
