"""What a page is made of, read by the standard library's parser: elements, attributes, texts."""

import re
from html.parser import HTMLParser

PAGE = {
    "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "article", "h1", "h2", "h3",
    "p", "b", "br", "a", "ol", "li", "dl", "dt", "dd", "div", "span", "small", "code", "bdi", "blockquote", "mark",
    "del", "ins", "img", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
}  # fmt: skip
DRAWING = {"svg", "g", "path", "defs", "clippath", "rect", "use", "text", "tspan"}
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "aria-label", "aria-hidden", "role",
    "scope", "colspan", "dir", "src", "width", "height", "alt", "style", "viewbox", "d", "transform", "clip-path", "x",
    "y",
}  # fmt: skip
VOID = {"meta", "br", "img"}


class Page(HTMLParser):
    """A page that was read; fails where an element is not closed as it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")

    def named(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of this name."""
        return [attributes for name, attributes in self.elements if name == tag]


def safe(text: str) -> Page:
    """The page, of which every element, attribute and address is one that we write ourselves."""
    page = Page(text)
    names = {name for name, _ in page.elements}
    assert names <= PAGE | DRAWING, names - PAGE - DRAWING
    for tag, attributes in page.elements:
        assert set(attributes) <= ATTRIBUTES, (tag, attributes)
        assert re.fullmatch(r"#[a-z0-9-]+", attributes.get("href", "#a")), (tag, attributes)
        assert re.fullmatch(
            r"data:image/jpeg;base64,[A-Za-z0-9+/]+=*", attributes.get("src", "data:image/jpeg;base64,a")
        )
        assert "url(" not in attributes.get("style", "")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    strange = {c for c in text if not (c.isprintable() or c in "\n\t\u200c\u200d")}
    assert not strange, strange
    return page
