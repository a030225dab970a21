"""The queue's page on a tablet and on a bad line: its weight, when it is of use, what gets lost.

Bytes are those on the wire, headers included, as the browser counts them with an empty cache. The
tablet has a fast 3G line (150 ms, 200 KB/s) and a processor four times slower than this machine's.
The bad line has 400 ms of delay and loses one request in twenty, asked or answered: half of them
never reach the server, the other half did and their answer never came.
"""

import time
from collections.abc import Iterator
from random import Random
from typing import Any

from benchmarks._desk_in_browser import DESKTOP, TABLET, desk_and_browser, line, page_of
from benchmarks.figures import Figure, at_most, none_of, percentile

WAITING = 50
LOADS = 5
DECISIONS = 25
LOST = 0.05
LONGEST = 60


def run() -> Iterator[Figure]:
    with desk_and_browser() as (made, desk, browser):
        maria = desk.person()
        for number in range(WAITING):
            desk.draft(desk.client(f"Client{number}", "King"))
        yield from weights(page_of(made, browser, maria, DESKTOP), made.url("web"))
        pages = [page_of(made, browser, maria, TABLET) for _ in range(LOADS)]
        yield from of_use(pages, made.url("web"))
        yield from bad_line(page_of(made, browser, maria, DESKTOP), made.url("web"), desk)


def weights(page: Any, url: str) -> Iterator[Figure]:
    """The whole page with nothing in the cache, and one poll that brings nothing new."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    bytes_by: dict[str, int] = {}
    addresses: dict[str, str] = {}

    def asked(one: Any) -> None:
        addresses[one["requestId"]] = one["request"]["url"]

    def finished(one: Any) -> None:
        bytes_by[one["requestId"]] = int(one["encodedDataLength"])

    def answered(one: Any) -> None:
        # An answer without a body is nothing but its headers.
        bytes_by.setdefault(one["requestId"], int(one["response"]["encodedDataLength"]))

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    page.goto(url)
    page.wait_for_selector("#card[data-ready]")
    page.wait_for_timeout(500)
    whole = sum(bytes_by.values())
    unpacked = len(page.content()) / 1024
    plain = f"{len(bytes_by)} requests, the document alone is {unpacked:.0f} KB unpacked"
    yield at_most("queue of 50, cold cache", whole / 1024, 100, plain, " KB")
    seen = set(bytes_by)
    with page.expect_response(lambda one: "/queue/rows/" in one.url):
        page.evaluate("window.desk.look()")
    page.wait_for_timeout(300)
    polls = [
        size for key, size in bytes_by.items()
        if key not in seen and "/queue/rows/" in addresses.get(key, "")
    ]  # fmt: skip
    if not polls:
        raise RuntimeError("the page did not ask for news")
    yield at_most("an unchanged poll", max(polls) / 1024, 2, f"n={len(polls)}", " KB")


def of_use(pages: list[Any], url: str) -> Iterator[Figure]:
    """From the address to the first draft on the screen with its keys at work."""
    shown, ready = [], []
    for page in pages:
        session = line(page, latency=150, kilobytes=200)
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        began = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_selector("#card #draft")
        while not page.evaluate("Boolean(window.desk?.open && window.desk.isBusy)"):
            page.wait_for_timeout(10)
        shown.append(time.perf_counter() - began)
        page.wait_for_selector("#card[data-ready]")
        ready.append(time.perf_counter() - began)
        page.context.close()
    said = f"{sorted(ready)[len(ready) // 2]:.2g} s until it takes a press, n={len(pages)} loads"
    yield at_most("of use on a slow tablet, slowest", max(shown), 2, said, " s")


def bad_line(page: Any, url: str, desk: Any) -> Iterator[Figure]:
    from approvals.models import Decision

    page.goto(url)
    page.wait_for_selector("#card[data-ready]")
    quick = [one_approved(page) for _ in range(5)]
    line(page, latency=400, kilobytes=200)
    dropped = lossy(page)
    before = set(Decision.objects.values_list("pk", flat=True))
    pressed, spent = [], []
    for _ in range(DECISIONS):
        pressed.append(int(page.get_attribute("#card", "data-item")))
        spent.append(one_approved(page))
    page.unroute("**/*")
    page.wait_for_timeout(6000)
    made = Decision.objects.filter(kind="approve").exclude(pk__in=before)
    decided = list(made.values_list("item_id", flat=True))
    said = f"{len(dropped)} requests lost, {dropped.count(True)} of them after the server had them"
    yield none_of("presses lost at 400 ms and 5 % loss", len(set(pressed) - set(decided)),
                  DECISIONS, said)  # fmt: skip
    yield none_of("pressed once and sent twice", len(decided) - len(set(decided)), DECISIONS, said)
    yield at_most("from a press to the next draft, median", percentile(spent, 50), 3,
                  f"{percentile(quick, 50):.2g} s on a good line", " s")  # fmt: skip


def lossy(page: Any) -> list[bool]:
    """From now on one request of the page's scripts in twenty is lost; filled with whether the
    server had it."""
    dice, dropped = Random(12), []

    def meet(route: Any) -> None:
        if route.request.resource_type not in {"xhr", "fetch"} or dice.random() >= LOST:
            route.continue_()
            return
        arrived = dice.random() < 0.5
        dropped.append(arrived)
        if arrived:
            route.fetch()
        route.abort("connectionreset")

    page.route("**/*", meet)
    return dropped


def one_approved(page: Any) -> float:
    """Press until the draft in the pane is another one, as a person would; seconds it took."""
    item = page.get_attribute("#card", "data-item")
    page.wait_for_selector("#card[data-ready]")
    began, stepped = time.perf_counter(), False
    page.keyboard.press("a")
    while time.perf_counter() - began < LONGEST:
        card = page.evaluate("({ ...document.querySelector('#card')?.dataset })")
        if card.get("item", item) != item and page.locator("#pane[data-loading]").count() == 0:
            return time.perf_counter() - began
        if "settled" in card and not stepped:
            # Somebody else was faster: the card says who, and one key goes on.
            page.keyboard.press("j")
            stepped = True
        page.wait_for_timeout(50)
    raise RuntimeError(f"nothing came of a press in {LONGEST} s")
