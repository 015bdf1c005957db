"""Marks what people read: the Chinese words are the message id in every room, and only `bot` translates them.

This room lies under all others, because every room may hold marked words, the pure ones too. Babel finds them by the
name of the mark; the English stands in bot/locales.
"""


class MessageId(str):
    """Words for people, not yet translated. It is the text itself, and says no more than that it is one of these.

    `{blanks}` in it have names, and are filled after it was translated.
    """

    __slots__ = ()
