"""Which statements the host runs for whom.

The engine runs inside the host, so some of what it offers would reach beyond the store: `file()` as a scalar function
reads any file of the machine even in read-only mode, `INTO OUTFILE` writes one, `Python()` reads the host's own objects
(all measured with chDB 26.9). Table functions to files and networks are held back by grants (`config.py`); what grants
do not hold is refused here, by token.
"""

from __future__ import annotations

from seawall.store.statement import Statement, Token, read_statement, tokens

READ_VERBS = frozenset({"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"})
BEYOND_THE_STORE = frozenset({"FILE", "PYTHON", "EVAL", "INFILE", "OUTFILE"})


class Refused(Exception):
    """A statement the host does not run. `code` is ClickHouse's error code and `name` its name."""

    def __init__(self, message: str, code: int, name: str) -> None:
        super().__init__(message)
        self.code, self.name = code, name


def judge(text: bytes, *, reader: bool) -> Statement:
    """The statement, if this user may run it; else raises Refused.

    A reader may only ask, in one statement, with no word in it that reaches beyond the store, wherever it stands. Where
    our reading of the text and the engine's could differ (escapes in quoted identifiers, heredocs, letters beyond ASCII
    outside quotes), a reader is refused too: a parameter carries such text safely.
    """
    try:
        statement = read_statement(text)
        until = text if statement.data_at is None else text[: statement.head]
        found = list(tokens(until))
    except ValueError as error:
        message = str(error)
        many = "more than one statement" in message
        raise Refused(
            f"Multi-statements are not allowed: {message}" if many else f"Syntax error: {message}", 62, "SYNTAX_ERROR"
        ) from None
    if reader and statement.verb not in READ_VERBS:
        raise Refused(f"a reader cannot run {statement.verb}", 497, "ACCESS_DENIED")
    for index, token in enumerate(found):
        word = _name(token)
        if word in BEYOND_THE_STORE and (reader or _is_used(found, index)):
            raise Refused(f"{word.lower()} reaches beyond the store (byte {token.start})", 497, "ACCESS_DENIED")
        if reader:
            _refuse_unclear(token, text)
    return statement


def _name(token: Token) -> str:
    if token.kind == "word":
        return token.text.decode("ascii").upper()
    return token.text[1:-1].decode("utf-8", "replace").upper() if token.kind == "quoted" else ""


def _is_used(found: list[Token], index: int) -> bool:
    """Is this word called, or the FILE of FROM INFILE / INTO OUTFILE, rather than part of a name (`t.file`, `AS file`)?"""
    if found[index].is_word("INFILE", "OUTFILE"):
        return True
    return index + 1 < len(found) and found[index + 1].text == b"("


def _refuse_unclear(token: Token, text: bytes) -> None:
    unclear = (
        (token.kind == "quoted" and b"\\" in token.text)
        or token.kind == "heredoc"
        or (token.kind == "symbol" and (token.text > b"\x7f" or token.text == b"$"))
        or token.is_word("IDENTIFIER")
    )
    if unclear:
        shown = token.text[:40].decode("utf-8", "replace")
        raise Refused(
            f"not allowed for a reader: {shown} (byte {token.start}); bind it as a parameter", 497, "ACCESS_DENIED"
        )
