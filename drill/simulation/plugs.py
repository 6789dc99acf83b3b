"""Where the wire is plugged into the adapters: below the SDKs, above the sockets."""

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.ledger import QuickBooksLedger
from connectors.sandbox.exchange import Answer
from connectors.tokens import TokenSource
from connectors.transport import CallMeter
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.ledger import XeroLedger
from drill.simulation.wire import Call, NoAnswer, Wire
from state.clock import Clock

HOST = "http://ledger.test"


def xero_ledger(
    wire: Wire, tenant_id: str, tokens: TokenSource, clock: Clock, meter: CallMeter, page: int
) -> XeroLedger:
    """A Xero organisation at the end of `wire`, read in pages of so many rows."""
    places = XeroEndpoints(api=f"{HOST}/api.xro/2.0")
    ledger = XeroLedger(places, tenant_id, tokens, clock, meter, page_size=page)
    ledger._client._api.api_client.rest_client.pool_manager = _Pool(wire, meter)
    return ledger


def quickbooks_ledger(
    wire: Wire, realm: str, tokens: TokenSource, clock: Clock, meter: CallMeter, page: int
) -> QuickBooksLedger:
    """A QuickBooks company at the end of `wire`, read in pages of so many rows."""
    ledger = QuickBooksLedger(QuickBooksEndpoints(api=f"{HOST}/v3"), realm, tokens, clock, meter, page_size=page)
    ledger._client._session.mount(HOST, _Adapter(wire, meter))
    return ledger


class _Pool:
    """What the Xero SDK takes for urllib3's pool of connections."""

    def __init__(self, wire: Wire, meter: CallMeter) -> None:
        self._wire = wire
        self._meter = meter
        self.pools: dict[str, Any] = {}

    def request(
        self, method: str, url: str, fields: Any = None, headers: Any = None, body: Any = None, **_unused: Any
    ) -> HTTPResponse:
        if fields:
            url = f"{url}?{urlencode(fields)}"  # as urllib3 does it
        try:
            return _response(self._wire.carry(Call.of(method, url, headers or {}, body), self._meter.purpose))
        except NoAnswer:
            raise ProtocolError("Connection aborted.") from None


class _Adapter(BaseAdapter):
    """What `requests` takes for a connection."""

    def __init__(self, wire: Wire, meter: CallMeter) -> None:
        super().__init__()
        self._wire = wire
        self._meter = meter

    def send(self, request: requests.PreparedRequest, *_: Any, **_unused: Any) -> requests.Response:
        try:
            answer = self._wire.carry(
                Call.of(request.method or "", request.url or "", request.headers, request.body), self._meter.purpose
            )
        except NoAnswer:
            raise requests.ConnectionError("Connection aborted.") from None
        response = requests.Response()
        response.status_code = answer.status
        response.raw = _response(answer)
        response.headers.update(response.raw.headers)
        response.request = request
        return response

    def close(self) -> None:
        pass


def _response(answer: Answer) -> HTTPResponse:
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return HTTPResponse(BytesIO(answer.body), headers=headers, status=answer.status, preload_content=False)
