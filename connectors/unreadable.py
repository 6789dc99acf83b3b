"""What a decoder raises for bytes that are not the JSON they should be: wrong syntax, wrong UTF-8, no end of nesting.

One list for everybody, because a kind of damage that one place forgets is a crash of the whole cycle there.
"""

import msgspec

NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
