"""What a posted form says: texts, and numbers that the page itself had put there."""

from aiohttp import web

from bot.web.console.access import Form

MOST_NUMBER = 2**31


def text_in(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def number_in(form: Form, name: str) -> int:
    """A number that the page itself had put into the form; raises 400 where it is none."""
    text = text_in(form, name)
    if not (text.isascii() and text.isdigit() and int(text[:12]) < MOST_NUMBER):
        raise web.HTTPBadRequest
    return int(text)


def number_at(request: web.Request, name: str) -> int:
    """A number in the address, of which the route has made sure."""
    return int(request.match_info[name])
