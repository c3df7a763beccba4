from pathlib import Path
def fill(root, folder):
    for n in ("settings","errors"):
        p=folder/f"{n}.md"
        if not p.exists(): p.write_text(f"# {n}\n")
