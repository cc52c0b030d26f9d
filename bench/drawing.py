"""Shapes from which the figures are made: a Figure collects them and becomes
the text of an SVG file. Standard library only.

There are five colours, those of the page of `make replay`, and each has a
second mark, so that nobody needs to tell colours apart:

    farm    waits for the farm     dashes
    screen  waits for the screen   dots
    types   types, or is done      solid
    run     the processor runs     a frame
    other   everything else        hatching
"""

import math
from xml.sax.saxutils import escape, quoteattr

WIDTH = 720
MARGIN = 24
SANS = ('system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", '
        'sans-serif')
MONO = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace'
SMALL = 13  # the smallest text, in pixels

# Name: (on a light page, on a dark page). Words are darker than surfaces, so
# that small letters keep their contrast.
COLOURS = {
    "panel": ("#fdfdfc", "#191d22"),
    "soft": ("#eff1f3", "#272d34"),
    "edge": ("#c4c7cc", "#4a515a"),
    "ink": ("#16181b", "#eef0f2"),
    "dim": ("#595d63", "#a7adb5"),
    "farm": ("#3f7fb8", "#6aa8de"),
    "screen": ("#b97400", "#eaa92f"),
    "types": ("#00785a", "#35c39b"),
    "run": ("#b8145a", "#ff78ab"),
    "other": ("#7b8088", "#8d949d"),
}
WORDS = {
    "farm": ("#2c689c", "#85b9e6"),
    "screen": ("#8a5700", "#eaa92f"),
    "other": ("#595d63", "#a7adb5"),
}


def style():
    """The style sheet: the colours for light pages, then those for dark."""
    parts = [
        "text{font-family:%s;font-size:%dpx}" % (SANS, SMALL),
        ".code{font-family:%s}" % MONO, ".bold{font-weight:600}",
        ".number{font-weight:600}"]
    for dark in 0, 1:
        rules = ["text{fill:%s}text.number{fill:%s}" % (
            COLOURS["ink"][dark], COLOURS["panel"][dark])]
        for name, pair in COLOURS.items():
            rules.append(".%s{fill:%s}.%s-line{stroke:%s}" % (
                name, pair[dark], name, pair[dark]))
            words = WORDS.get(name, pair)
            rules.append("text.%s,tspan.%s{fill:%s}" % (
                name, name, words[dark]))
        sheet = "".join(rules)
        if dark:
            sheet = "@media (prefers-color-scheme:dark){%s}" % sheet
        parts.append(sheet)
    return "\n".join(parts)


PATTERNS = """<pattern id="farm" width="10" height="8" \
patternUnits="userSpaceOnUse"><rect class="farm" width="7.5" height="8"/>\
</pattern>
<pattern id="farm-down" width="8" height="10" \
patternUnits="userSpaceOnUse"><rect class="farm" width="8" height="7.5"/>\
</pattern>
<pattern id="screen" width="7" height="7" patternUnits="userSpaceOnUse">\
<circle class="screen" cx="3.5" cy="3.5" r="2.7"/></pattern>
<pattern id="other" width="7" height="7" patternUnits="userSpaceOnUse" \
patternTransform="rotate(45)"><rect class="other" width="3" height="7"/>\
</pattern>"""


def number(value):
    """A coordinate with at most one decimal, always written the same way."""
    text = "%.1f" % value
    text = text[:-2] if text.endswith(".0") else text
    return "0" if text == "-0" else text


def width_of(words, size=SMALL, code=False, bold=False):
    """The width of a text in pixels in DejaVu, which is wider than the fonts
    of most systems: what has room here has room everywhere."""
    if code:
        return 0.602 * size * len(words)
    total = 0.0
    for letter in words:
        if letter in "ijl.,:;'|!` ":
            total += 0.31
        elif letter in "ftr()[]-/\"":
            total += 0.41
        elif letter in "mwMW@%→…":
            total += 0.92
        elif letter.isupper():
            total += 0.68
        else:
            total += 0.60
    return total * size * (1.14 if bold else 1.0)


class Figure:
    """A title, shapes and a caption on a panel of its own."""

    def __init__(self, title, about):
        self.title = title
        self.about = about
        self.parts = []
        self.texts = []  # (left, top, right, bottom, words)
        self.height = 0
        self.text(MARGIN, 38, title, "bold", size=17)

    # --- Text ----------------------------------------------------------------

    def text(self, x, y, words, kinds="", anchor="start", size=SMALL):
        """One line of text whose baseline is at y."""
        if size < SMALL:
            raise ValueError("too small to read: " + words)
        names = kinds.split()
        wide = width_of(words, size, "code" in names, "bold" in names)
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        self.texts.append((left, y - 0.75 * size, left + wide, y + 0.2 * size,
                           words))
        # Without this the spaces at the beginning of code would be dropped.
        space = ' xml:space="preserve"' if words.startswith(" ") else ""
        self.parts.append("<text%s x=\"%s\" y=\"%s\"%s%s%s>%s</text>" % (
            space, number(x), number(y),
            " class=%s" % quoteattr(kinds) if kinds else "",
            "" if anchor == "start" else " text-anchor=\"%s\"" % anchor,
            "" if size == SMALL else " style=\"font-size:%dpx\"" % size,
            escape(words)))
        return left + wide

    def lines(self, x, y, lines, kinds="", anchor="start", step=18):
        """Several lines of text; returns the baseline after the last one."""
        for line in lines:
            self.text(x, y, line, kinds, anchor)
            y += step
        return y

    def runs(self, x, y, *runs):
        """One line of several texts, each (words, kinds). The browser sets
        them, so the spaces between them are right in every font."""
        wide = sum(width_of(words + " ", SMALL, "code" in kinds,
                            "bold" in kinds) for words, kinds in runs)
        line = " ".join(words for words, _ in runs)
        self.texts.append((x, y - 0.75 * SMALL, x + wide, y + 0.2 * SMALL,
                           line))
        spans = " ".join("<tspan%s>%s</tspan>" % (
            " class=%s" % quoteattr(kinds) if kinds else "", escape(words))
            for words, kinds in runs)
        self.parts.append('<text x="%s" y="%s">%s</text>' % (
            number(x), number(y), spans))

    def caption(self, y, lines):
        """The caption below everything; it decides the height."""
        self.shape("path", "edge-line", d="M%d %sH%d" % (
            MARGIN, number(y), WIDTH - MARGIN), stroke_width=1)
        bottom = self.lines(MARGIN, y + 22, lines, "dim")
        self.height = bottom + 2

    # --- Shapes --------------------------------------------------------------

    def shape(self, element, kinds, **attributes):
        """An element; numbers are shortened, _ in names becomes -."""
        words = ["<" + element]
        if kinds:
            words.append("class=\"%s\"" % kinds)
        for name, value in attributes.items():
            if isinstance(value, (int, float)):
                value = number(value)
            words.append("%s=%s" % (name.replace("_", "-"), quoteattr(value)))
        self.parts.append(" ".join(words) + "/>")

    def line(self, points, kind="dim", wide=1.5, dash=None):
        """A line through the points, with rounded corners."""
        attributes = {"d": rounded(points), "fill": "none",
                      "stroke_width": wide}
        if dash:
            attributes["stroke_dasharray"] = dash
        self.shape("path", kind + "-line", **attributes)

    def arrow(self, points, kind="dim", wide=1.5, dash=None):
        """A line with a head at its end."""
        (x0, y0), (x1, y1) = points[-2:]
        angle = math.atan2(y1 - y0, x1 - x0)
        short = (x1 - 7 * math.cos(angle), y1 - 7 * math.sin(angle))
        self.line(points[:-1] + [short], kind, wide, dash)
        self.head(x1, y1, angle, kind)

    def head(self, x, y, angle, kind="dim", size=9):
        """The head of an arrow whose tip is at x, y."""
        corners = [(x, y)]
        for side in 2.72, -2.72:
            corners.append((x + size * math.cos(angle + side),
                            y + size * math.sin(angle + side)))
        self.shape("polygon", kind, points=" ".join(
            "%s,%s" % (number(a), number(b)) for a, b in corners))

    def box(self, x, y, wide, high, kind="edge", fill="soft", dash=None,
            round_by=6, edge=1.5):
        """A rounded box; `fill` may be None."""
        attributes = {"x": x, "y": y, "width": wide, "height": high,
                      "rx": round_by, "stroke_width": edge}
        if fill is None:
            attributes["fill"] = "none"
        if dash:
            attributes["stroke_dasharray"] = dash
        self.shape("rect", " ".join(filter(None, [fill, kind + "-line"])),
                   **attributes)

    def label_box(self, x, y, wide, high, lines, kind="edge", fill="soft",
                  dash=None, edge=1.5):
        """A box with centred lines, each (words, kinds)."""
        self.box(x, y, wide, high, kind, fill, dash, edge=edge)
        top = y + high / 2 - 9 * (len(lines) - 1) + 4.5
        for i, (words, kinds) in enumerate(lines):
            self.text(x + wide / 2, top + 18 * i, words, kinds, "middle")

    def bar(self, x, y, wide, high, kind):
        """A stretch of time or an amount, with the colour's second mark.
        "farm-down" is "farm" for time that runs down the page."""
        if kind == "run":
            inset = min(1.25, wide / 2)
            self.shape("rect", "panel run-line", x=x + inset, y=y + 1.25,
                       width=max(wide - 2.5, 0.2), height=high - 2.5,
                       stroke_width=2.5)
        elif kind == "types":
            self.shape("rect", "types", x=x, y=y, width=max(wide, 1.5),
                       height=high)
        else:
            # The pattern begins at the left edge of each bar, so that short
            # bars show it as well.
            self.parts.append(
                '<g transform="translate(%s %s)"><rect width="%s" '
                'height="%s" fill="url(#%s)"/></g>' % (
                    number(x), number(y), number(max(wide, 1.5)),
                    number(high), kind))

    def pill(self, x, y, words, kinds=""):
        """Words on a bar, on a patch of the panel's colour; x is the
        middle."""
        wide = width_of(words, SMALL, bold="bold" in kinds) + 14
        self.box(x - wide / 2, y - 13.5, wide, 18, "panel", "panel",
                 round_by=4)
        self.text(x, y, words, kinds, "middle")

    def note(self, x, y, words, kinds=""):
        """Words on a patch of the panel's colour, which covers thin lines;
        returns where they end."""
        wide = width_of(words, SMALL, bold="bold" in kinds)
        self.shape("rect", "panel", x=x - 3, y=y - 12, width=wide + 6,
                   height=15)
        return self.text(x, y, words, kinds)

    def padlock(self, x, y, kind="run"):
        """A closed padlock; x, y is the upper left corner, 16 by 20."""
        self.line([(x + 4, y + 9), (x + 4, y + 1), (x + 12, y + 1),
                   (x + 12, y + 9)], kind, 2)
        self.shape("rect", kind, x=x, y=y + 8, width=16, height=12, rx=2)

    # --- The file ------------------------------------------------------------

    def problems(self):
        """Texts that overlap or leave the panel, in words."""
        found = []
        for i, (left, top, right, bottom, words) in enumerate(self.texts):
            if left < 8 or right > WIDTH - 8 or bottom > self.height - 4:
                found.append("leaves the panel: " + words)
            for box in self.texts[:i]:
                if (left < box[2] and box[0] < right and top < box[3]
                        and box[1] < bottom):
                    found.append("overlap: %s / %s" % (box[4], words))
        return found

    def svg(self):
        """The text of the file."""
        head = ('<svg xmlns="http://www.w3.org/2000/svg" role="img" '
                'aria-labelledby="title about" width="%d" height="%s" '
                'viewBox="0 0 %d %s">' % (
                    WIDTH, number(self.height), WIDTH, number(self.height)))
        panel = ('<rect class="panel edge-line" x="0.5" y="0.5" '
                 'width="%d" height="%s" rx="10" stroke-width="1"/>' % (
                     WIDTH - 1, number(self.height - 1)))
        return "\n".join([
            head, '<title id="title">%s</title>' % escape(self.title),
            '<desc id="about">%s</desc>' % escape(self.about),
            "<style>%s</style>" % escape(style()),
            "<defs>%s</defs>" % PATTERNS, panel, *self.parts, "</svg>\n"])


def rounded(points, radius=8):
    """The path through the points, each corner replaced by a curve."""
    path = ["M%s %s" % tuple(map(number, points[0]))]
    for before, corner, after in zip(points, points[1:], points[2:]):
        for other, verb in (before, "L"), (after, "Q"):
            away = math.dist(corner, other)
            cut = min(radius, away / 2) / away if away else 0
            at = tuple(number(corner[i] + (other[i] - corner[i]) * cut)
                       for i in (0, 1))
            if verb == "L":
                path.append("L%s %s" % at)
            else:
                path.append("Q%s %s %s %s" % (
                    *map(number, corner), *at))
    path.append("L%s %s" % tuple(map(number, points[-1])))
    return "".join(path)
