"""Coming in and going out."""

import sys

import click

from medialoom.cli.context import Desk, with_desk
from medialoom.credentials import Tokens
from medialoom.errors import ClientError
from medialoom.session import Session


@click.command()
@click.option("--email", metavar="EMAIL", help="Asked for where it is left out.")
@click.option("--token", metavar="TOKEN", help="An access token instead; it is not renewed.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_desk
def login(desk: Desk, email: str | None, token: str | None, password_stdin: bool) -> None:
    """Log in to a server and remember it.

    Tokens are kept in ~/.config/medialoom/token.json, readable by you alone.
    """
    session = Session(desk.server)
    if token is None:
        email = email or click.prompt("E-mail", err=True)
        tokens = session.log_in(email, _password(password_stdin))
    else:
        tokens = session.tokens = Tokens(token)
    who = session.object("GET", "/api/v1/users/user/")
    desk.tokens.keep(desk.server, tokens)
    name = str((who.get("user") or who).get("email", ""))
    desk.say(f"Logged in to {desk.server} as {name}.", {"server": desk.server, "email": name})


def _password(is_piped: bool) -> str:
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, err=True))


@click.command()
@with_desk
def logout(desk: Desk) -> None:
    """End the login on the server, and forget it here."""
    tokens = desk.tokens.tokens_of(desk.server)
    if tokens is None:
        raise ClientError(f"Nobody is logged in to {desk.server}.")
    try:
        if tokens.refresh:
            body = {"refresh": tokens.refresh}
            desk.client().session.call("POST", "/api/v1/users/logout/", json=body)
    finally:
        # Also where the server is away: what is not here cannot be taken from here.
        desk.tokens.forget(desk.server)
    desk.say(f"Logged out of {desk.server}.", {"server": desk.server})
