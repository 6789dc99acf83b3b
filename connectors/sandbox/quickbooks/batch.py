"""Batches: up to thirty queries and writes in any mix, each with its own answer or fault, the whole always 200."""

from connectors.sandbox.quickbooks.cdc import changes
from connectors.sandbox.quickbooks.errors import Payload, ServiceFault, missing_parameter, unsupported_operation
from connectors.sandbox.quickbooks.select import Selector
from connectors.sandbox.quickbooks.writes import write

LARGEST = 30
_NOT_ENTITIES = frozenset({"bId", "operation", "optionsData", "Query", "CDCQuery"})


def run_batch(selector: Selector, body: Payload) -> Payload:
    """The BatchItemResponse list in the order of the items; ServiceFault only if the batch itself is no good."""
    items = body.get("BatchItemRequest")
    if not items:
        raise missing_parameter("BatchItemRequest")
    if len(items) > LARGEST:
        # No recording shows this refusal; only the limit itself is documented.
        detail = f"Number of batch items {len(items)} exceeds the maximum of {LARGEST}"
        raise ServiceFault("1040", "Batch size exceeded", detail)
    return {"BatchItemResponse": [{**_run(selector, item), "bId": item.get("bId", "")} for item in items]}


def _run(selector: Selector, item: Payload) -> Payload:
    try:
        return _answer(selector, item)
    except ServiceFault as fault:
        return {"Fault": fault.fault()}


def _answer(selector: Selector, item: Payload) -> Payload:
    realm = selector.realm
    if "Query" in item:
        return {"QueryResponse": selector.answer(str(item["Query"]))}
    if "CDCQuery" in item and realm.switch("batch_cdc", "no") == "yes":
        asked = item["CDCQuery"]
        return changes(realm, asked.get("Entities"), asked.get("ChangedSince"))
    entities = [name for name in item if name not in _NOT_ENTITIES]
    operation = str(item.get("operation", ""))
    if len(entities) != 1 or operation not in {"create", "update", "delete", "void"}:
        raise unsupported_operation(operation or "of this batch item")
    name = entities[0]
    include = str(item.get("optionsData", ""))
    return write(realm, name, item[name], operation=operation.replace("create", "update"), include=include)
