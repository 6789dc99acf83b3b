"""Intuit's older recordings are in XML. The same records in the JSON that Dun asks for, by the rules of both notations.

Attributes and elements become members, what can repeat becomes a list, a reference becomes its value and its name.
"""

from typing import Any

from lxml import etree

LISTS = {"Line", "LinkedTxn", "CustomField", "AttachableRef", "CDCResponse", "QueryResponse"}
ENTITIES = {
    "Invoice",
    "Payment",
    "CreditMemo",
    "Customer",
    "Attachable",
    "CompanyInfo",
    "Preferences",
    "Bill",
    "BillPayment",
}
NUMBERS = {
    "Amount",
    "TotalAmt",
    "Balance",
    "UnappliedAmt",
    "RemainingCredit",
    "maxResults",
    "startPosition",
    "totalCount",
}
WORDS = {"true": True, "false": False}


def as_json(element: etree._Element) -> Any:
    """One element; a record is an object, a leaf its value."""
    name = etree.QName(element).localname
    text = (element.text or "").strip()
    if not len(element) and (name == "HomeCurrency" or name.endswith("Ref")):
        return {"value": text, **element.attrib}
    if not len(element) and not element.attrib and text:
        return _leaf(name, text)
    return {**{key: _leaf(key, value) for key, value in element.attrib.items()}, **_members(element)}


def _members(element: etree._Element) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for child in element:
        name = etree.QName(child).localname
        if name in LISTS or (name in ENTITIES and etree.QName(element).localname == "QueryResponse"):
            members.setdefault(name, []).append(as_json(child))
        else:
            members[name] = as_json(child)
    return members


def _leaf(name: str, text: str) -> Any:
    return float(text) if name in NUMBERS and "." in text else int(text) if name in NUMBERS else WORDS.get(text, text)


def answer(element: etree._Element) -> dict[str, Any]:
    """A whole `IntuitResponse`."""
    body = _members(element)
    return {**body, "time": element.get("time")}
