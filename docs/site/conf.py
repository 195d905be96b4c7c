# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the documentation site.

`make docs` puts this folder into a copy of the repository, with the pages that antsibull-docs writes in `reference/`.
So all pages keep their places, and one link works in the repository and on the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

SOURCE = Path(__file__).resolve().parent
galaxy = yaml.safe_load((SOURCE / "galaxy.yml").read_text(encoding="utf-8"))

project = f"{galaxy['namespace']}.{galaxy['name']}"
version = release = galaxy["version"]
author = ", ".join(galaxy["authors"])
copyright = f"2026, {author}"  # noqa: A001 - the name that Sphinx reads

extensions = ["myst_parser", "sphinx_antsibull_ext"]
include_patterns = [
    "index.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "TESTING.md",
    "SECURITY.md",
    "docs/*.md",
    "reference/**",
    "roles/*/README.md",
    "tests/emulator/README.md",
]
nitpicky = True
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6e8a", "color-brand-content": "#0b6e8a"},
    "dark_css_variables": {"color-brand-primary": "#5cc4de", "color-brand-content": "#5cc4de"},
}
pygments_style = "tango"
pygments_dark_style = "github-dark"
# site.css gives antsibull's tables the theme's colours, which are light or dark
antsibull_ext_color_scheme = "none"

# Where pages and folders of the repository are on the site. The guides are where antsibull-docs wants to have them.
MOVED = {
    "README.md": "index.md",
    "CHANGELOG.md": "reference/changelog.rst",
    "docs/docsite/rst/": "reference/docsite/",
}
LINK = re.compile(r"(?<=\]\()[^)\s:#]+")
# What is not in the artifact has an address in the links of what is; on the site it is beside them.
HOME = re.compile(rf"(?<=\]\(){re.escape(galaxy['repository'])}/blob/main/(?=[\w/]+\.md[)#])")
# Titles of the reference: "certops.cdn.edge_cert_verify module -- Verify which ..." hardly fits on a phone.
TITLE = re.compile(rf"^{re.escape(project)}\.(\w+) (\w+) -- (.*)\n\++\n", re.M)
# Furo has contents of its own.
CONTENTS = re.compile(r"^\.\. contents::\n(?: +:.*\n)+", re.M)
# The lists of pages name the guides and the changes themselves.
LISTED = re.compile(r"^\.\. _changelog_section_for_.*\n[\s\S]*?(?=^\.\. _plugin_index_for_)", re.M)
# Guides and modules link to other pages as they have to where there is nothing but antsibull-docs.
GUIDE_LINK = re.compile(rf"`([^`<]+) <{re.escape(galaxy['repository'])}/blob/main/([\w/]+)\.md>`__?")
# What the reference refers to in the documentation of Ansible itself.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
ELSEWHERE = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def read(_app: Sphinx, page: str, source: list[str]) -> None:
    """Adapt a page to the site. The first page is the README, followed by the lists of pages."""
    text = source[0]
    if page == "index":
        text = (SOURCE / "README.md").read_text(encoding="utf-8") + text
    if page == "reference/index":
        text = (
            LISTED.sub("", text).replace(project.title(), "Modules, roles and plugins", 1).replace("=" * 11, "=" * 26)
        )
    if page.startswith("reference/"):
        text = CONTENTS.sub("", TITLE.sub(r"\1\n" + "+" * 80 + r"\n\n*\2: \3.*\n", text))
        text = GUIDE_LINK.sub(r":doc:`\1 </\2>`", text)
    else:
        folder = posixpath.dirname(page)
        text = HOME.sub(posixpath.relpath(".", folder) + "/", text)
        text = LINK.sub(lambda link: moved(folder, link[0]), text)
    source[0] = text


def moved(folder: str, link: str) -> str:
    """A link of a page in this folder, to where its target is on the site."""
    target = posixpath.normpath(posixpath.join(folder, link))
    for place, new in MOVED.items():
        if target.startswith(place):
            return posixpath.relpath(new + target.removeprefix(place), folder)
    return link


def refer(_app: Sphinx, _env: BuildEnvironment, node: nodes.Element, text: nodes.TextElement) -> nodes.reference | None:
    """References to the documentation of Ansible itself, without fetching its index."""
    page = ELSEWHERE.get(node["reftarget"])
    if node["reftype"] == "envvar" and node["reftarget"].startswith("ANSIBLE_"):
        page = f"{ELSEWHERE['ansible_configuration_settings']}#envvar-{node['reftarget']}"
    return nodes.reference("", "", text, refuri=ANSIBLE + page) if page else None


def draw(app: Sphinx, document: nodes.document) -> None:
    """Put drawings into the page itself, where they follow the theme's switch between light and dark."""
    folder = Path(app.env.doc2path(app.env.docname)).parent
    for image in list(document.findall(nodes.image)):
        if image["uri"].endswith(".svg") and "://" not in image["uri"]:
            text = (folder / image["uri"]).read_text(encoding="utf-8")
            svg = text[text.index("<svg") :]
            image.replace_self(nodes.raw("", f'<div style="overflow-x:auto">{svg}</div>', format="html"))


def setup(app: Sphinx) -> None:
    app.connect("source-read", read)
    app.connect("doctree-read", draw, priority=100)  # before Sphinx collects the images
    app.connect("missing-reference", refer)
