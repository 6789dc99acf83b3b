"""Where QuickBooks Online is: what the configuration says first, then Intuit's discovery document, then the built-in.

Consent asks for the document if the kept copy is a week old; everything else makes do with the copy.
"""

from connector.config.settings import Config
from connectors.quickbooks import discovery
from connectors.quickbooks.discovery import Discovery
from connectors.quickbooks.endpoints import QuickBooksEndpoints
from state.clock import Clock


def quickbooks_endpoints(config: Config, clock: Clock, *, discover: bool) -> QuickBooksEndpoints:
    """The addresses for this configuration. Nobody is asked unless `discover`, nor if all three are configured."""
    section, configured = config.quickbooks, config.quickbooks.endpoints
    if configured.authorize and configured.token and configured.revoke:
        return config.quickbooks_endpoints
    usual = discovery.PRODUCTION if section.environment == "production" else discovery.DEVELOPMENT
    source = f"{configured.discovery}/" if configured.discovery else usual  # Intuit's address ends so
    document = Discovery(source, config.data / "intuit-discovery.json", clock)
    found = document.current() if discover else document.known()
    if found is None:
        return config.quickbooks_endpoints
    return QuickBooksEndpoints(
        authorize=configured.authorize or found.authorize,
        token=configured.token or found.token,
        revoke=configured.revoke or found.revoke,
        api=config.quickbooks_endpoints.api,
    )
