"""Addresses of services."""

from urllib.parse import quote


def with_password(url: str, password: str | None) -> str:
    """The URL with the password after its user; raise ValueError where it has one already."""
    if password is None:
        return url
    scheme, _, rest = url.partition("://")
    login, at, place = rest.partition("/")[0].rpartition("@")
    if ":" in login:
        raise ValueError("A URL has a password, and another one is given besides: leave one of them out.")
    behind = rest[len(login) + len(at) + len(place) :]
    return f"{scheme}://{login}:{quote(password, safe='')}@{place}{behind}"
