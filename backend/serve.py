"""`python -m backend.serve`: the web process, on the server that `ASGI_SERVER` names."""

import os
import resource

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")


def main() -> None:
    """Serve until told to stop."""
    import django
    from django.conf import settings

    raise_file_limit()
    django.setup()  # The servers' modules import models.
    if settings.ASGI_SERVER == "daphne":
        from backend.asgi_daphne import serve
    else:
        from backend.asgi_uvicorn import serve
    serve()


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us have: each socket is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
