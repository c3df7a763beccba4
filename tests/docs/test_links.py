"""Every link and anchor of the site leads somewhere, and every page is near the front page."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from conftest import ROOT, SITE

HOSTED = "https://blynk-webhooks.github.io/blynk-webhooks/"
REPOSITORY = "https://github.com/blynk-webhooks/blynk-webhooks/blob/main/"


class Page(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.images: list[dict[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.anchors |= {named[name] for name in ("id", "name") if name in named}
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if tag in ("img", "script") and "src" in named:
            self.links.append(named["src"])
        if tag == "img":
            self.images.append(named)


@cache
def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def pages() -> list[Path]:
    """The pages of the site; rustdoc checks its own."""
    return [path for path in sorted(SITE.rglob("*.html")) if SITE / "rust" not in path.parents]


def target(page: Path, link: str) -> tuple[Path, str] | None:
    """The file and the anchor that a link means; none for other sites."""
    link = link.replace(HOSTED, "/") if link.startswith(HOSTED) else link
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    base = SITE if parts.path.startswith("/") else page.parent
    path = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else page
    return (path / "index.html" if path.is_dir() else path), unquote(parts.fragment)


def test_links_and_anchors() -> None:
    broken = []
    for page in pages():
        if page.name == "404.html":  # shown at any address, so its links are those of the server
            continue
        for link in read(page).links:
            found = target(page, link)
            if found is None:
                continue
            path, anchor = found
            where = f"{page.relative_to(SITE)}: {link}"
            if not path.is_file():
                broken.append(f"{where}: no such file")
            elif anchor and path.suffix == ".html" and anchor not in read(path).anchors:
                broken.append(f"{where}: no such anchor")
    assert broken == []


def test_links_to_the_repository() -> None:
    """A link to a file of the repository names one that is there."""
    broken = [
        f"{page.relative_to(SITE)}: {link}"
        for page in pages()
        for link in read(page).links
        if link.startswith(REPOSITORY) and not (ROOT / urlsplit(link.removeprefix(REPOSITORY)).path).exists()
    ]
    assert broken == []


def test_documents_of_the_repository() -> None:
    """Links of README, CONTRIBUTING and the other documents lead to files, or to pages of the site."""
    broken = []
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(
            r"\]\(([^)\s]+)\)|(?:src|href|srcset)=\"([^\"]+)\"", document.read_text(encoding="utf-8")
        ):
            link = next(filter(None, link))
            if link.startswith(HOSTED):
                path, anchor = target(SITE / "index.html", link) or (SITE, "")
                if not path.is_file() or (anchor and anchor not in read(path).anchors):
                    broken.append(f"{document.name}: {link}")
                continue
            if "://" in link or link.startswith("#"):
                continue
            if not (document.parent / link.split("#")[0]).exists():
                broken.append(f"{document.name}: {link}")
    assert broken == []


def test_each_page_is_two_clicks_from_the_front_page() -> None:
    reached = {SITE / "index.html"}
    for _ in range(2):
        for page in list(reached):
            for link in read(page).links:
                found = target(page, link)
                if found and found[0].suffix == ".html" and SITE / "rust" not in found[0].parents:
                    reached.add(found[0])
    assert {page for page in pages() if page.name != "404.html"} - reached == set()


def test_images_have_a_description() -> None:
    silent = [
        f"{page.name}: {image.get('src')}" for page in pages() for image in read(page).images if not image.get("alt")
    ]
    assert silent == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    """The site works without a network: no font, script or image of another host."""
    foreign = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        foreign += [
            f"{page.name}: {link}"
            for link in read(page).links
            if link.startswith(("http:", "https:", "//")) and f'src="{link}"' in text
        ]
        assert 'rel="stylesheet" href="http' not in text
    assert foreign == []
