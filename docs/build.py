"""Builds the site: pages, and a reference made from the code. `make docs` prepares what this needs and calls it.

python docs/build.py             into target/site
python docs/build.py --no-rust   the same without rustdoc, for a quick look at the pages
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from reference import emulator_api, file_format, node, program, python, tables

from examples import shown

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
WORK = ROOT / "target/docs"
SOURCE = WORK / "src"
SITE = ROOT / "target/site"
LIBRARIES = ["blynk-webhooks", "blynk-webhooks-emulator", "blynk-webhooks-plan"]

# Documents that stand elsewhere in the repository, and where the site shows them.
DOCUMENTS = {
    "docs/architecture.md": "project/architecture.md",
    "docs/performance.md": "project/performance.md",
    "docs/benchmark.md": "project/benchmark.md",
    "docs/benchmark.svg": "project/benchmark.svg",
    "docs/emulator-page.png": "assets/emulator-page.png",
    "SECURITY.md": "project/security.md",
    "CHANGELOG.md": "project/changelog.md",
}
_PICTURE = re.compile(r"<!-- picture: ([\w-]+) -->")
_LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")


def main() -> None:
    started = time.monotonic()
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(DOCS / "pages", SOURCE)
    for document, page in DOCUMENTS.items():
        place = SOURCE / page
        place.parent.mkdir(parents=True, exist_ok=True)
        if page.endswith(".md"):
            place.write_text(_moved((ROOT / document).read_text(encoding="utf-8"), document, page), encoding="utf-8")
        else:
            shutil.copy(ROOT / document, place)
    _reference()
    for page in SOURCE.rglob("*.md"):
        text = _PICTURE.sub(lambda match: _picture(match[1]), shown(page.read_text(encoding="utf-8")))
        page.write_text(text, encoding="utf-8")
    shutil.copy(DOCS / "zensical.toml", ROOT / "target")
    shutil.rmtree(SITE, ignore_errors=True)
    subprocess.run(
        [Path(sys.executable).with_name("zensical"), "build", "--clean", "--strict", "-f", "zensical.toml"],
        check=True,
        cwd=ROOT / "target",
    )
    _keep_to_itself()
    if "--no-rust" not in sys.argv:
        _rustdoc()
    files = [path for path in SITE.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {size:.1f} MB, {time.monotonic() - started:.1f} s: {SITE / 'index.html'}")


def _reference() -> None:
    binary = program.build(ROOT)
    pages = {
        "python": python.render(ROOT / "bindings-python/python/blynk_webhooks"),
        "node": node.render(node.read(ROOT, WORK / "node.json")),
        "program": program.render(binary),
        "file-format": file_format.render(binary),
        "emulator-api": emulator_api.render(emulator_api.read(binary)),
    }
    for name, text in pages.items():
        # Search shows guides before the reference.
        text = "---\nsearch:\n  boost: 0.2\n---\n\n" + _without_dead_links(text)
        (SOURCE / f"reference/{name}.md").write_text(text, encoding="utf-8")
    tables.fill(ROOT, SOURCE / "reference")


def _without_dead_links(text: str) -> str:
    """A page whose links to names that it does not have, e.g. `SyntaxError`, are plain text."""
    anchors = set(re.findall(r"\{ #(\S+) \}", text))
    return re.sub(r"\[([^\]]+)\]\(#([^)]+)\)", lambda match: match[0] if match[2] in anchors else match[1], text)


def _keep_to_itself() -> None:
    """Removes what the theme would load from other hosts.

    Search runs in a worker, which a page that is opened from a folder may not start; the theme has a shim for that,
    which comes from the registry here. The link to the repository would ask GitHub for the number of stars.
    """
    shutil.copy(DOCS / "node_modules/iframe-worker/shim/index.js", SITE / "assets/iframe-worker.js")
    for page in SITE.rglob("*.html"):
        local = "../" * (len(page.relative_to(SITE).parts) - 1) + "assets/iframe-worker.js"
        text = page.read_text(encoding="utf-8").replace("https://unpkg.com/iframe-worker/shim", local)
        page.write_text(text.replace('data-md-component="source"', ""), encoding="utf-8")


def _rustdoc() -> None:
    shutil.rmtree(ROOT / "target/doc", ignore_errors=True)  # what other runs left there is no part of the site
    packages = [argument for library in LIBRARIES for argument in ("--package", library)]
    subprocess.run(["cargo", "doc", "--no-deps", "--lib", "--quiet", *packages], check=True, cwd=ROOT)
    shutil.copytree(ROOT / "target/doc", SITE / "rust", ignore=shutil.ignore_patterns(".lock"))


def _picture(name: str) -> str:
    """A drawing as part of the page, so that it follows the page's colours."""
    text = (DOCS / f"pages/assets/{name}.svg").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("<?xml")]
    return f'<div class="drawing-frame">{"".join(lines)}</div>'


def _moved(text: str, document: str, page: str) -> str:
    """The text of a document with its links as they are from the page's place."""

    def link(match: re.Match[str]) -> str:
        target = match[2]
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        file = (ROOT / document).parent.joinpath(target).resolve().relative_to(ROOT).as_posix()
        if file.startswith("docs/pages/"):
            place = file.removeprefix("docs/pages/")
        elif file in DOCUMENTS:
            place = DOCUMENTS[file]
        else:
            return f"{match[1]}https://github.com/blynk-webhooks/blynk-webhooks/blob/main/{file}{match[3]}"
        up = "../" * page.count("/")
        return f"{match[1]}{up}{place}{match[3]}"

    return _LINK.sub(link, text)


if __name__ == "__main__":
    main()
