"""Pages with measured figures: the role ``:figure:``, and links to the pages of the studies."""

import re

from sphinx.util import logging
from sphinx.util.docutils import SphinxRole, nodes

from benchmarks.figures import FIGURES
from benchmarks.store import Store

_LOGGER = logging.getLogger(__name__)
_PAGE = re.compile(r"``docs/(benchmarks/\w+)\.rst``")


class FigureRole(SphinxRole):
    """Figure of :data:`benchmarks.figures.FIGURES`; a wrong name or a missing row is a warning."""

    def run(self):
        text = "?"
        if self.text not in FIGURES:
            _LOGGER.warning("no figure %r", self.text, location=self.get_location())
        else:
            figure = FIGURES[self.text]
            self.env.note_dependency(str(Store(figure.study).path))
            try:
                text = figure.filled()
            except ValueError as error:
                _LOGGER.warning("%s: %s", self.text, error, location=self.get_location())
        return [nodes.inline(self.rawtext, text, classes=["figure-of-store"])], []


def link_pages(app, path, docname, source):
    """Make links of the pages that the README of the benchmarks names by their files."""
    if docname == "benchmarks":
        source[0] = _PAGE.sub(r":doc:`/\1`", source[0])


def setup(app):
    app.add_role("figure", FigureRole())
    app.connect("include-read", link_pages)
    return {"parallel_read_safe": True}
