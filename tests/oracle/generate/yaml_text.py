"""YAML texts that readers disagree about."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random


def _words(text: str) -> list[str]:
    return text.split()


BOOLEANS = _words(
    "y Y yes Yes YES yEs n N no No NO nO on On ON oN off Off OFF oFF true True TRUE tRue false False FALSE fAlse"
)
NULLS = ["", "~", "null", "Null", "NULL", "nULL", "nil", "None", "~~", "-~"]
INTEGERS = _words(
    "0 -0 +0 00 1 -1 +1 07 08 09 -07 017 018 0o17 0O17 -0o17 +0o17 0o8 0o 0x1F 0X1f -0x1f +0x1f 0x 0xg 0x_1 0x1_F 0b101 "
    "0B1 -0b1 +0b1 0b2 0b 1_000 _1 1_ 1__0 0_7 -_1 -1_0 +1_0 1:60 0:0 1:2:3 190:20:30 -190:20:30 60:00 "
    "2147483647 2147483648 9007199254740991 9007199254740993 9223372036854775807 9223372036854775808 "
    "-9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 99999999999999999999 "
    "-99999999999999999999 0x7fffffffffffffff 0xffffffffffffffff 0x10000000000000000 -0x8000000000000000 "
    "0777777777777777777777 01777777777777777777777 02000000000000000000000 0o1777777777777777777777 "
    "0b1111111111111111111111111111111111111111111111111111111111111111 00000000000000000000000000001 1,000"
)
FLOATS = _words(
    "1.0 1. .5 -.5 +.5 0.5 -0.0 . .. .e1 1e3 1E3 1e+3 1e-3 1.5e3 -1.5E-3 +1.5e+3 1e 1e+ e1 1.e1 1e1.5 1.2.3 1e400 -1e400 1e-400 "
    "1_0.5 0.1_0 1_0e1_0 ._5 .inf .Inf .INF .iNF -.inf -.Inf +.inf +.INF inf Inf infinity -inf .nan .NaN .NAN .Nan nan NaN -.nan +.nan "
    "1.7976931348623157e308 1.7976931348623159e308 4.9e-324 2e-324 0.1 3.0 100.0 1e5 1e20 1e21 1e22 1e-6 1e-7 123456789.0 "
    "100000000000000000000.0 1000000000000000000000.0 123456789012345678.5 0.000001 0.0000001 3.4028235e38 16777217.0 "
    "190:20:30.15 1:60.5 0x1p4 0x1.8p1 0X1P-2 1d 1f 0.1e-1f 08.5 007.5 0o7.5"
)
TIMES = [
    "2001-12-14", "2002-1-1", "2001-13-45", "0000-00-00", "20011214", "2001-12", "12:30", "12:30:45", "2001-12-14T21:59:43Z",
    "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "2001-12-15 2:59:43.10", "2001-1-1T1:1:1Z", "2001-12-14 21:59:43",
    "2001-12-14T21:59:43.123456789+02:00", "2001-12-14T21:59Z", "2001-12-14x",
]  # fmt: skip
PUNCTUATION = [
    "=", "<<", "-", "--", "---", "----", "...", "....", "?", ":", "::", ",", "#", "!", "!!", "&", "&a", "*", "*a", "|", ">", "%", "%YAML 1.2",
    "@x", "`x", "-a", "- a", "?a", "? a", ":a", ": a", "a:", "a:b", "a: b", "a :b", "a::b", "a#b", "a #b", "a# b", "'", '"', "''", '""',
    "'a'b", '"a"b', "a'b", 'a"b', "[", "]", "{", "}", "[]", "{}", "[a", "a]", "{a", "a}", "a,b", "a, b", "(a)", "$a", "a\\b", "\\n", "<", "<<<",
    "|-", ">+", "|2", "| a", "> a", "&a b", "!!str", "!!str a", "! a", "!a b", "*a b",
]  # fmt: skip
WORDS = [
    "a", "name", "web-1", "nginx:1.25", "nginx:1.25@sha256:0f", "http://a.b/c?d=e#f", "10.0.0.0/8", "1.2.3.4", "fe80::1", "::", "::1", "a b", "a  b",
    "100m", "1Gi", "5%", "v1", "1e3m", "0.5", "key=value", "--flag=on", "-x", "/bin/sh", "C:\\x", "$(VAR)", "{{ .Values.x }}", "a\tb", "a\t", "no space",
    "True story", "null and void", "1 000", "12 monkeys", "0x", "nope", "yesterday", "offset", "~user", "~/x", "1.2.3", "1-2", "12e", "e5", "1a", "2024",
]  # fmt: skip
UNICODE = [
    "é", "日本", "😀", "a\u00a0b", "a\u0085b", "a\u2028b", "a\u2029b", "a\ufeffb", "\ufeff", "a\u200bb", "\u00a0", "١٢٣", "ｙｅｓ", "İ", "ß", "a\u0301",
    "\U0001f468\u200d\U0001f469", "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\uffff", "\U0010ffff",
]  # fmt: skip
CONTROL = ["\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f", "\x80", "\x9f", "a\x00b", "a\x7fb"]
TAGS = _words(
    "!!str !!int !!float !!bool !!null !!binary !!timestamp !!map !!seq !!set !!omap !!merge !!value !!pairs !!none ! !local !e!x "
    "!<tag:yaml.org,2002:str> !<tag:yaml.org,2002:int> !<!x> tag:yaml.org,2002:str"
)
ESCAPES = _words(
    r"\n \t \\ \" \/ \0 \a \b \e \f \r \v \_ \N \L \P \x41 \x00 \xff \u0041 \ud83d\ude00 \ud800 \udc00 \u2028 \U0001f600 \U00110000 \x4 \u12 \q \' \%"
)

TAGGED = [
    "!!str 1", "!!str yes", "!!str", "!!str 2001-12-14", "!!str 'a'", "!!int 1", "!!int '1'", "!!int 0o17", "!!float 1", "!!float '1.5'", "!!float 1_0",
    "!!bool yes", "!!bool 'true'", "!!null ''", "!!null ~", "!!binary aGk=", "!!timestamp 2001-12-14", "! 1", "! yes", "!local 1", "!local yes",
]  # fmt: skip
GOOD_ESCAPES = _words(r"\n \t \\ \" \0 \a \b \e \f \r \v \_ \N \L \P \x41 \x00 \xff \u0041 \u2028 \U0001f600")
GOOD_PUNCTUATION = [
    "=",
    "--",
    "----",
    "....",
    "-a",
    "?a",
    ":a",
    "a:b",
    "a::b",
    "a#b",
    "a# b",
    "a'b",
    'a"b',
    "a]",
    "a}",
    "(a)",
    "$a",
    "a\\b",
    "<",
    "<<<",
]
NOT_JSON = {".inf", "-.inf", "+.inf", ".nan"}

TRICKY_SCALARS = [*BOOLEANS, *NULLS, *INTEGERS, *FLOATS, *TIMES, *PUNCTUATION, *WORDS, *UNICODE, *CONTROL]
"""Plain scalars whose meaning differs between YAML 1.1, YAML 1.2 and the readers of either."""

SEPARATORS = [
    "---\n", "---\n", "---\n", "--- \n", "---\t\n", "--- # next\n", "---# x\n", "---\r\n", "...\n---\n", "---\n---\n", "---\n\n---\n",
    "# only a comment\n---\n", "\n\n---\n",
]  # fmt: skip
WILD_SEPARATORS = [
    "--- text\n", "--- {a: 1}\n", "---a\n", "----\n", " ---\n", "...\n", "--- |\n", "--- !!map\n", "---", "%YAML 1.1\n---\n", "\x0c---\n", "... # end\n",
]  # fmt: skip
EDITS = "\t \n\r:-{}[]\"'#&*!|>%@`,?=<~\x00\x7fé\u2028.0_"


def scalars(seed: int, count: int) -> Iterator[str]:
    """Single scalars as they would stand after ``a: ``, the tricky ones first."""
    yield from TRICKY_SCALARS[:count]
    author = _Author(Random(seed))
    for _ in range(count - len(TRICKY_SCALARS)):
        yield author.plain()


def documents(seed: int, count: int) -> Iterator[str]:
    """Single documents: three in four are meant to be well formed; the rest take liberties or have characters changed."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        yield _weathered(rng, _Author(rng).document())


def streams(seed: int, count: int) -> Iterator[str]:
    """Streams of several documents with every kind of marker between them, and streams of JSON values."""
    for case in range(count):
        rng = Random(f"{seed}/{case}")
        if rng.random() < 0.1:
            yield rng.choice(["", " ", "\n", "\t"]) + rng.choice(["", " ", "\n", ",", "\n---\n"]).join(
                rng.choice(['{"a": 1}', "{}", "[1]", '"x"', "1", "null", '{"a": tru}', "{a: 1}"])
                for _ in range(rng.randint(1, 4))
            )
            continue
        parts = [rng.choice(["", "", "", "---\n", "---\n", "# head\n", "# head\n---\n", "%YAML 1.1\n---\n", "\ufeff"])]
        for _ in range(rng.randint(1, 4)):
            parts += [_Author(rng).document(), rng.choice(WILD_SEPARATORS if rng.random() < 0.07 else SEPARATORS)]
        if rng.random() < 0.6:
            parts.pop()
        yield _weathered(rng, "".join(parts))


def _weathered(rng: Random, text: str) -> str:
    """The text with other line ends, without its last one, or with characters changed."""
    if rng.random() < 0.06:
        text = text.replace("\n", rng.choice(["\r\n", "\r", "\n\r"]))
    if rng.random() < 0.15:
        text = text.rstrip("\n")
    if rng.random() < 0.1:
        for _ in range(rng.randint(1, 3)):
            at = rng.randint(0, len(text))
            text = text[:at] + rng.choice(EDITS) * rng.randint(0, 1) + text[at + rng.randint(0, 1) :]
    return text


class _Author:
    """Writes one document. A wild one may write what YAML or JSON forbids, at every turn."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.wild = rng.random() < 0.25
        self.anchors: list[str] = []
        self.mappings: list[str] = []  # the anchors of mappings, which alone can be merged

    def document(self) -> str:
        kind = self.rng.random()
        if kind < 0.1:
            return self.maybe_commented(self.inline(2)) + "\n"
        if kind < 0.15:
            return "\n".join(self.block_scalar(0)) + "\n"
        return "\n".join(self.collection(0, self.rng.randint(1, 4))) + "\n"

    def collection(self, indent: int, depth: int) -> list[str]:
        """The lines of a block mapping or sequence."""
        make = self.mapping if self.rng.random() < 0.7 else self.sequence
        return self.scattered(make(indent, depth), indent)

    def mapping(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        keys = [self.key() for _ in range(self.rng.randint(1, 5))]
        if self.rng.random() < 0.07:
            keys.append(self.rng.choice(keys))  # a repeated key
        for key in keys:
            lines += self.entry(indent, depth, key)
        return lines

    def entry(self, indent: int, depth: int, key: str) -> list[str]:
        pad = " " * indent
        if key == "<<":
            return [f"{pad}<<: {self.merged()}"]
        if self.rng.random() < 0.02:
            complex_key = self.inline(1) if self.wild else self.word()
            return [f"{pad}? {complex_key}", f"{pad}: {self.inline(1)}"]
        head, rest = self.value(indent, depth)
        colon = self.rng.choice([":", ":", ":", ":", ":", " :", ":  ", ":\t" if self.wild else ":"])
        return [f"{pad}{key}{colon}{' ' + head if head else ''}", *rest]

    def sequence(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        pad = " " * indent
        for _ in range(self.rng.randint(1, 4)):
            if depth > 0 and self.rng.random() < 0.35:  # the first line of what is nested follows the dash
                inner = self.collection(indent + 2, depth - 1)
                if inner[0].startswith(" " * (indent + 2)):
                    inner[0] = f"{pad}- {inner[0][indent + 2 :]}"
                    lines += inner
                    continue
            head, rest = self.value(indent, depth, in_sequence=True)
            lines += [f"{pad}-{' ' + head if head else ''}", *rest]
        return lines

    def value(self, indent: int, depth: int, *, in_sequence: bool = False) -> tuple[str, list[str]]:
        """What follows a key or a dash on its line, and the lines below."""
        chance = self.rng.random()
        if chance < 0.06 and self.anchors:
            return f"*{self.rng.choice(self.anchors)}", []
        anchor = self.rng.choice(["a", "b", "base", "x-1"]) if self.rng.random() < 0.1 else ""
        if self.wild and anchor:
            self.anchors.append(anchor)  # before its node is complete, so that it may come to hold itself
        tag = ""
        if self.rng.random() < 0.04:
            tag = self.rng.choice(TAGS) if self.wild else self.rng.choice(["!local", "!<!x>", "!"])
        properties = " ".join(part for part in (tag, anchor and f"&{anchor}") if part)
        is_mapping = False
        if depth > 0 and chance < 0.4:
            step = self.rng.choice([2, 2, 2, 1, 3, 4])
            if not in_sequence and self.rng.random() < 0.2:
                head, rest = "", self.sequence(indent, depth - 1)  # as deep as its key
            else:
                is_mapping = self.rng.random() < 0.7
                make = self.mapping if is_mapping else self.sequence
                head, rest = "", self.scattered(make(indent + step, depth - 1), indent + step)
        elif chance < 0.5:
            head, *rest = self.block_scalar(indent)
        elif chance < 0.55:
            head, *rest = self.folded_flow(indent)
        else:
            head, rest = self.maybe_commented(self.inline(2, tagged=bool(tag))), []
        if anchor and not self.wild:
            self.anchors.append(anchor)
            if is_mapping and not tag:
                self.mappings.append(anchor)
            elif anchor in self.mappings:
                self.mappings.remove(anchor)
        return f"{properties} {head}".strip(" "), rest

    def merged(self) -> str:
        """What a merge key takes: an alias, several, a mapping on the spot; or, wildly, what it must refuse."""
        known = self.anchors if self.wild else self.mappings
        if not known:
            return "{a: 1, z: 2}" if not self.wild else self.rng.choice(["{a: 1}", "1", "[]", "[1]", "~", '"<<"'])
        one, other = f"*{self.rng.choice(known)}", f"*{self.rng.choice(known)}"
        return self.rng.choice([one, one, f"[{one}, {other}]", f"[{one}, {{z: 1}}]", "{a: 1, z: 2}"])

    def key(self) -> str:
        chance = self.rng.random()
        if chance < 0.5:
            return self.word()
        if chance < 0.6:
            return self.quoted()
        if chance < 0.7:
            return "<<"
        if chance < 0.8:
            return self.rng.choice(
                [
                    "1",
                    "01",
                    "1.5",
                    "true",
                    "yes",
                    '"1"',
                    "'true'",
                    "0x1",
                    "2001-12-14",
                    "=",
                    "1e3",
                    "1_0",
                    "1.0",
                    "0.1",
                    "1e-7",
                    "9223372036854775807",
                ]
            )
        if self.wild and chance < 0.9:
            return self.rng.choice(
                [
                    "~",
                    "null",
                    ".inf",
                    "",
                    "!!str 1",
                    "[a]",
                    "{a: b}",
                    "18446744073709551615",
                    "? a",
                    "- a",
                    "*a",
                    "&k a",
                ]
            )
        key = self.plain(flow=True)
        return key if self.wild or key not in NULLS else "null-like"

    def word(self) -> str:
        return self.rng.choice(["a", "b", "c", "name", "spec", "kind", "image", "x-y", "a.b/c", "metadata"])

    def plain(self, *, flow: bool = False) -> str:
        """A tricky plain scalar. A calm author avoids what cannot stand where it is put."""
        scalar = self.any_plain()
        if self.wild:
            return scalar
        if scalar.lower() in NOT_JSON and self.rng.random() < 0.8:
            return "1.0"
        if scalar[:1] in ("{", "[") or scalar.endswith("\t") or (flow and any(sign in scalar for sign in ",[]{}:?#")):
            return "a"
        return scalar

    def any_plain(self) -> str:
        chance = self.rng.random()
        if chance < 0.75:
            return self.rng.choice(self.rng.choice([BOOLEANS, NULLS, INTEGERS, FLOATS, TIMES, WORDS]))
        if chance < 0.8:
            return self.rng.choice(PUNCTUATION if self.wild else GOOD_PUNCTUATION)
        if chance < 0.84:
            return self.rng.choice(UNICODE if self.wild else UNICODE[:3])
        if self.wild and chance < 0.86:
            return self.rng.choice(CONTROL)
        if chance < 0.92:
            return self.rng.choice(["", "-", "+", "."]) + "".join(
                self.rng.choices("0123456789_.eExXoObB+-aAfF", k=self.rng.randint(1, 8))
            )
        digits = "".join(self.rng.choices("0123456789", k=self.rng.randint(1, 22)))
        tail = self.rng.choice(["", "", ".", ".5", "e2", "_0"])
        return self.rng.choice(["", "-", "+", "0", "0x", "0o", "0b", "."]) + digits + tail

    def quoted(self) -> str:
        if self.rng.random() < 0.5:
            return "'" + self.text().replace("'", "''") + "'"
        body = self.text().replace("\\", "\\\\").replace('"', '\\"')
        known = ESCAPES if self.wild else GOOD_ESCAPES
        pieces = [body, *(self.rng.choice(known) for _ in range(self.rng.randint(0, 2)))]
        self.rng.shuffle(pieces)
        return f'"{"".join(pieces)}"'

    def text(self) -> str:
        """Characters for a quoted or block scalar, on one line."""
        kinds = [
            WORDS,
            WORDS,
            BOOLEANS,
            INTEGERS,
            PUNCTUATION,
            UNICODE if self.wild else UNICODE[:4],
            ["", " ", "  a  ", "a # b", "x: y", "---"],
        ]
        return self.rng.choice(self.rng.choice(kinds))

    def inline(self, depth: int, *, flow: bool = False, tagged: bool = False) -> str:
        """A scalar or a flow collection on one line."""
        chance = self.rng.random()
        if depth > 0 and chance < 0.12:
            return "[" + self.listed([self.inline(depth - 1, flow=True) for _ in range(self.rng.randint(0, 4))]) + "]"
        if depth > 0 and chance < 0.24:
            return "{" + self.listed([self.pair(depth - 1) for _ in range(self.rng.randint(0, 4))]) + "}"
        if chance < 0.29 and not tagged:
            return self.rng.choice(TAGGED)
        return self.quoted() if chance < 0.45 else self.plain(flow=flow)

    def pair(self, depth: int) -> str:
        key = self.rng.choice([self.word(), self.word(), self.key() if self.wild else self.quoted(), '"k"'])
        separator = self.rng.choice(
            [": ", ": ", ": ", " : ", ":" if key[:1] in ("'", '"') or self.wild else ": ", "" if self.wild else ": "]
        )
        return key + separator + self.inline(depth, flow=True)

    def listed(self, items: list[str]) -> str:
        if not self.wild:
            items = [item or "''" for item in items]
        return self.rng.choice([", ", ", ", ",", " , "]).join(items) + (
            self.rng.choice(["", "", ",", ", "]) if items else ""
        )

    def folded_flow(self, indent: int) -> list[str]:
        """A flow collection, a quoted or a plain scalar over several lines."""
        pad = " " * (indent + self.rng.choice([1, 2, 2, 4, 0 if self.wild else 2]))
        kind = self.rng.randint(0, 4)
        if kind == 0:
            return [
                "[",
                *(f"{pad}{self.inline(1, flow=True) or 'a'}," for _ in range(self.rng.randint(1, 3))),
                f"{pad}]",
            ]
        if kind == 1:
            return ["{", *(f"{pad}{self.pair(1)}," for _ in range(self.rng.randint(1, 3))), f"{pad}}}"]
        middle = [pad + self.text() if self.rng.random() < 0.8 else "" for _ in range(self.rng.randint(1, 3))]
        if kind == 2:
            return ['"start', *(line.replace('"', "").replace("\\", "") for line in middle), f'{pad}end"']
        if kind == 3:
            return ["'start", *(line.replace("'", "''") for line in middle), f"{pad}end'"]
        return ["start", *(pad + self.word() for _ in middle)]

    def block_scalar(self, indent: int) -> list[str]:
        step = self.rng.choice([2, 2, 2, 1, 4])
        explicit = self.rng.random() < 0.3
        modifiers = [self.rng.choice(["", "", "-", "+"]), str(step) if explicit else ""]
        self.rng.shuffle(modifiers)
        if self.wild and self.rng.random() < 0.3:
            modifiers = [self.rng.choice(["0", "9", "--", "-+", "22", "a"])]
        lines = [self.maybe_commented(self.rng.choice("|>") + "".join(modifiers))]
        for _ in range(self.rng.randint(0, 5)):
            if self.rng.random() < 0.25:
                lines.append(
                    " " * self.rng.randint(0, indent + (step if explicit or len(lines) > 1 or self.wild else 0))
                )
                continue
            extra = (
                self.rng.choice(["", "", "", " ", "  ", "\t" if explicit or self.wild else "", "# ", "- "])
                if explicit or len(lines) > 1 or self.wild
                else ""
            )
            text = self.text()
            if not explicit and len(lines) == 1 and not self.wild:
                text = text.strip() or "a"  # the first line sets the depth of those after it
            lines.append(" " * (indent + step) + extra + text)
        return lines

    def maybe_commented(self, text: str) -> str:
        if self.rng.random() < 0.1:
            return text + self.rng.choice([" # note", "  #note", "\t# note", " #", "#x" if self.wild else " # x"])
        return text + self.rng.choice(["", "", "", "", " ", "\t" if self.wild else ""])

    def scattered(self, lines: list[str], indent: int) -> list[str]:
        """The lines with a comment or an empty line before, after or, wildly, between them."""
        if self.rng.random() < 0.2:
            at = self.rng.randint(0, len(lines)) if self.wild else self.rng.choice([0, len(lines)])
            remark = ["", "# note", " " * indent + "# note: x", "   ", " " * indent + "#", "\t" if self.wild else ""]
            lines.insert(at, self.rng.choice(remark))
        return lines
