"""A textual-serve server that only answers browsers that have its key."""

from __future__ import annotations

import asyncio
import secrets
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

from neurotui.web.loopback import LOOPBACK, NAMES

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from textual_serve.app_service import AppService

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Nothing is fetched from other sites (textual-serve's page requests a font), and no page may embed this one.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws://{}; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


# Keys reach the terminal that textual-serve draws only once it has the focus, which it does not take.
_FOCUS = """
<script>
  function typeThere() {
    const terminal = document.querySelector(".xterm-helper-textarea");
    if (terminal && document.body.classList.contains("-first-byte")) terminal.focus();
    return document.activeElement === terminal && terminal !== null;
  }
  new MutationObserver((_, looking) => typeThere() && looking.disconnect()).observe(
    document.documentElement, {subtree: true, childList: true, attributes: true}
  );
  window.addEventListener("focus", typeThere);
</script>
"""


class LockedServer(Server):
    """Runs `command`, an app, for each browser that presents `key`; `title` is the page's.

    A browser sends the key once, in the URL, and then a cookie. Requests with another Host or Origin are rejected,
    so that no other web page can drive the app.
    """

    def __init__(self, command: str, port: int, key: str, title: str = "neurotui") -> None:
        super().__init__(command, host=LOOPBACK, port=port, title="neurotui")
        self._key = key
        self._title = title
        # Cookies ignore ports: two servers on one machine must not overwrite each other's.
        self._cookie = f"neurotui-{port}"

    def run_on(self, listening: socket.socket) -> None:
        """Serve on a listening socket until Ctrl-C or a signal; all apps open in browsers end too."""
        web.run_app(self.application(), sock=listening, print=None, access_log=None, shutdown_timeout=1.0)

    async def application(self) -> web.Application:
        """Return the aiohttp application."""
        app = await self._make_app()
        app.middlewares.append(self._locked)
        app.on_response_prepare.append(self._limit)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Print nothing: the command has its own message."""

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """Return the page; it connects to the address it was loaded from, also through a tunnel."""
        self.public_url = f"http://{request.host}"
        page: web.StreamResponse = await super().handle_index(request)
        if isinstance(page, web.Response) and page.text is not None:
            head = f"<title>{escape(self._title)}</title>{_FOCUS}</head>"
            page.text = page.text.replace("</head>", head, 1)
        return page

    async def _process_messages(self, websocket: web.WebSocketResponse, app_service: AppService) -> None:
        """Forward what the browser sends; when the app ends, for whatever reason, so does the page."""
        running = app_service._task  # noqa: SLF001 - nothing public tells
        if running is not None:
            running.add_done_callback(lambda _: asyncio.ensure_future(websocket.close()))
        await super()._process_messages(websocket, app_service)

    @web.middleware
    async def _locked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if urlsplit(f"//{request.host}").hostname not in NAMES or origin not in {
            None,
            f"http://{request.host}",
        }:
            raise web.HTTPForbidden(text="neurotui answers on the loopback address alone")
        if self._fits(request.query.get("key")):
            let_in = web.HTTPSeeOther("/")
            let_in.set_cookie(self._cookie, self._key, httponly=True, samesite="Lax")
            raise let_in
        if not self._fits(request.cookies.get(self._cookie)):
            raise web.HTTPForbidden(text="open the address that neurotui serve printed: it holds a key")
        return await handler(request)

    def _fits(self, key: str | None) -> bool:
        return secrets.compare_digest((key or "").encode(), self._key.encode())

    async def _limit(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = _POLICY.format(request.host)
        response.headers["Referrer-Policy"] = "no-referrer"
