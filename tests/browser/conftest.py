"""A signed-in browser on a desk with drafts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client as Visitor

from integrations.models import Location, User
from tests.support import demo, played, services
from tests.support.desks import Desk, desk_make


@pytest.fixture
def desk(transactional_db: None, redis_db: Any) -> Desk:
    return desk_make()


@pytest.fixture
def maria(desk: Desk) -> User:
    return desk.person("Maria Ruiz")


@pytest.fixture
def sign_in(web_server: Any) -> Callable[[Any, User], None]:
    """`sign_in(page, user)`: the browser has the person's session from then on."""

    def give(page: Any, user: User) -> None:
        visitor = Visitor()
        visitor.force_login(user)
        value = visitor.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": web_server.url}]
        )

    return give


@pytest.fixture
def queue(page: Any, web_server: Any, maria: User, sign_in: Any) -> Callable[..., Any]:
    """`queue()`: the open queue, its first card ready to be decided."""

    def open_queue(path: str = "/", ready: bool = True) -> Any:
        sign_in(page, maria)
        page.goto(web_server.url + path)
        if ready:
            page.wait_for_selector("#card[data-ready]")
        return page

    return open_queue


Running = Callable[[dict[str, str], str, int], AbstractContextManager[Any]]


def whole_product(run: Running, env: dict[str, str], desk: str, port: int) -> Iterator[Any]:
    """`run` until a module's stories are told; then the database as the migrations left it."""
    try:
        with run(env, desk, port) as running:
            Location.objects.update(quiet_from="00:00", quiet_until="00:00")
            yield running
    finally:
        with redis.Redis.from_url(services.the_redis().url) as client:
            client.flushall()
        services.put_back()


@pytest.fixture(scope="module")
def demo_stack(
    web_server: Any,
    stream_server: Any,
    server_ports: dict[str, int],
    server_environment: dict[str, str],
    django_db_blocker: Any,
) -> Iterator[demo.DemoStack]:
    """The whole product with its salon, once for all stories of a module."""
    with django_db_blocker.unblock():
        yield from whole_product(
            demo.running, server_environment, web_server.url, server_ports["sandbox"]
        )


@pytest.fixture(scope="module")
def played_stack(
    web_server: Any,
    server_ports: dict[str, int],
    server_environment: dict[str, str],
    django_db_blocker: Any,
) -> Iterator[played.Played]:
    """The same without workers: what they would do, the test does when it looks."""
    with django_db_blocker.unblock():
        yield from whole_product(
            played.running, server_environment, web_server.url, server_ports["sandbox"]
        )
