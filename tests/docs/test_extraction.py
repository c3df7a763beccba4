"""The reader of the pages finds what a reader sees, so that no example is left out."""

from __future__ import annotations

import pytest

from examples import blocks_of, shown

PAGE = """\
# Page

=== "Python"

    ```python title="app.py"
    print(1)

    print(2)
    ```

    ```text title="Output"
    1
    2
    ```

=== "Rust"

    <!-- not run: it waits for a person -->
    ```rust
    let client = Client::from_env()?;
    # drop(client);
    #[derive(Debug)]
    struct Seen;
    ```

Text.

```sh
make docs
```
"""


def test_blocks() -> None:
    python, rust, shell = blocks_of("page", PAGE)
    assert (python.language, python.title, python.tab, python.line) == ("python", "app.py", "Python", 5)
    assert python.code == "print(1)\n\nprint(2)\n"
    assert python.output == "1\n2\n"
    assert (rust.tab, rust.not_run, rust.name) == ("Rust", "it waits for a person", "page_19")
    assert "# drop(client);" in rust.code
    assert (shell.tab, shell.not_run, shell.code) == (None, None, "make docs\n")


def test_what_a_reader_sees() -> None:
    text = shown(PAGE)
    assert "drop(client)" not in text
    assert "#[derive(Debug)]" in text
    assert "not run" not in text
    assert "# Page" in text


def test_a_block_without_end_is_named() -> None:
    with pytest.raises(ValueError, match=r"page\.md:3"):
        blocks_of("page", "a\n\n```python\nprint(1)\n")


def test_hidden_lines_stay_outside_of_rust() -> None:
    assert "# a comment" in shown("```python\n# a comment\n```\n")
