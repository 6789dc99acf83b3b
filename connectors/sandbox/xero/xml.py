"""What a caller gets who forgets to ask for JSON: XML, Xero's default.

The trees are the same; the `...String` twins of dates and the JSON escapes are not part of the XML wire.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from xml.sax.saxutils import escape

from connectors.sandbox.xero.wire import EPOCH, Json, Tree

_DATE = re.compile(r'"\\/Date\((-?\d+)(?:\+0000)?\)\\/"')
_SINGULAR = {"Addresses": "Address", "Tracking": "TrackingCategory", "Elements": "DataContractBase"}
_NAMESPACES = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def document(root: str, tree: Mapping[str, Tree]) -> str:
    """The tree as an XML document whose outermost element is `root` ('Response' or 'ApiException')."""
    return f"<{root} {_NAMESPACES}>\r\n{_members(tree, '  ')}</{root}>"


def _members(tree: Mapping[str, Tree], indent: str) -> str:
    return "".join(_element(name, value, indent) for name, value in tree.items() if not _is_twin(name, tree))


def _is_twin(name: str, tree: Mapping[str, Tree]) -> bool:
    return name.endswith("String") and name.removesuffix("String") in tree


def _element(name: str, value: Tree, indent: str) -> str:
    if isinstance(value, str | bool):
        return f"{indent}<{name}>{_text(value)}</{name}>\r\n"
    if not value:
        return f"{indent}<{name} />\r\n"
    return f"{indent}<{name}>\r\n{_inside(name, value, indent + '  ')}{indent}</{name}>\r\n"


def _inside(name: str, value: Mapping[str, Tree] | Sequence[Tree], indent: str) -> str:
    if isinstance(value, Mapping):
        return _members(value, indent)
    one = _SINGULAR.get(name, name.removesuffix("s"))
    return "".join(_element(one, item, indent) for item in value)


def _text(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Json) and (match := _DATE.fullmatch(value)):
        return (EPOCH + timedelta(milliseconds=int(match[1]))).replace(tzinfo=None).isoformat()
    return escape(value)
