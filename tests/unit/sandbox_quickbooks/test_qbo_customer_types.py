"""Customer types on the wire: an id with the customer, a name in a list of their own."""

from truth.quickbooks_truth import Wire


def test_a_customer_carries_the_id_of_its_first_group_only(wire: Wire) -> None:
    wire.books.add_customer("Acorn", groups=("Trade", "Key accounts"))
    (customer,) = wire.rows("select * from Customer")
    (listed,) = wire.rows("select * from CustomerType where Active IN (true, false)")
    assert customer["CustomerTypeRef"] == {"value": listed["Id"]}
    assert (listed["Name"], listed["Active"]) == ("Trade", True)


def test_a_type_is_read_at_its_own_address(wire: Wire) -> None:
    wire.books.add_customer("Acorn", groups=("Trade",))
    (listed,) = wire.rows("select * from CustomerType")
    assert wire.get(f"/customertype/{listed['Id']}").json()["CustomerType"]["Name"] == "Trade"


def test_a_customer_without_a_group_has_no_type_and_an_empty_list_is_empty(wire: Wire) -> None:
    wire.books.add_customer("Acorn")
    assert "CustomerTypeRef" not in wire.rows("select * from Customer")[0]
    assert wire.rows("select * from CustomerType") == []


def test_numbers_and_address_are_in_their_boxes_and_absent_where_unknown(wire: Wire) -> None:
    where = {"city": "Maplewood", "region": "ZZ", "postcode": "00412", "country": "US"}
    place = {"street": "Unit 4\n12 Mill Lane", **where}
    wire.books.add_customer("Acorn", mobile="+1 646 555-0101", phone="(212) 555-0142", fax="(212) 555-0143", **place)
    wire.books.add_customer("Bramble")
    acorn, bramble = wire.rows("select * from Customer")
    written = {box: acorn[box]["FreeFormNumber"] for box in ("Mobile", "PrimaryPhone", "Fax")}
    assert written == {"Mobile": "+1 646 555-0101", "PrimaryPhone": "(212) 555-0142", "Fax": "(212) 555-0143"}
    address = {name: value for name, value in acorn["BillAddr"].items() if name != "Id"}
    assert address == {
        "Line1": "Unit 4",
        "Line2": "12 Mill Lane",
        "City": "Maplewood",
        "Country": "USA",
        "CountrySubDivisionCode": "ZZ",
        "PostalCode": "00412",
    }
    assert not {"Mobile", "PrimaryPhone", "Fax", "BillAddr"} & bramble.keys()
