"""Reads the QR codes that letters carry, from the picture that goes to paper (ISO/IEC 18004, byte mode, level M).

It corrects no errors: a code of ours that needs correcting is wrong.
"""

import re

_CHECK_PER_BLOCK = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28]
_BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21]  # versions 1 to 25
_LEVEL_M = 0
_MASKS = [
    lambda i, j: (i + j) % 2 == 0,
    lambda i, _: i % 2 == 0,
    lambda _, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
]
_BYTE_MODE = 4


def read_qr(svg: str) -> tuple[str, int]:
    """The text of the code, and its version. Fails on anything but byte mode at level M."""
    modules = _modules(svg)
    size = len(modules)
    version = (size - 17) // 4
    form = sum(modules[8][column] << (14 - at) for at, column in enumerate((0, 1, 2, 3, 4, 5, 7, 8))) >> 10 ^ 0b10101
    assert form >> 3 == _LEVEL_M
    mask = _MASKS[form & 7]
    fixed = _fixed(size, version)
    bits = [modules[i][j] ^ mask(i, j) for i, j in _path(size) if not fixed[i][j]]
    words = [int("".join(map(str, map(int, bits[at : at + 8]))), 2) for at in range(0, len(bits) // 8 * 8, 8)]
    data = "".join(f"{word:08b}" for word in _data(words, version))
    assert int(data[:4], 2) == _BYTE_MODE
    width = 8 if version < 10 else 16
    length = int(data[4 : 4 + width], 2)
    start = 4 + width
    content = bytes(int(data[start + 8 * at : start + 8 * at + 8], 2) for at in range(length))
    return content.decode("utf-8"), version


def _modules(svg: str) -> list[list[bool]]:
    """From segno's path: strokes one unit high, `M` to begin, `m` to move on, `h` to draw."""
    size = int(re.search(r'height="(\d+)"', svg)[1])
    modules = [[False] * size for _ in range(size)]
    x, y = 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", re.search(r' d="([^"]+)"', svg)[1]):
        values = [float(number) for number in numbers.split()]
        if command == "h":
            for column in range(int(x), int(x + values[0])):
                modules[int(y)][column] = True
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return modules


def _fixed(size: int, version: int) -> list[list[bool]]:
    """Modules that carry no data."""
    fixed = [[i == 6 or j == 6 for j in range(size)] for i in range(size)]

    def mark(rows: range, columns: range) -> None:
        for i in rows:
            for j in columns:
                fixed[i][j] = True

    mark(range(9), range(9))
    mark(range(9), range(size - 8, size))
    mark(range(size - 8, size), range(9))
    centres = _centres(version, size)
    for i in centres:
        for j in centres:
            if (i, j) not in {(6, 6), (6, size - 7), (size - 7, 6)}:
                mark(range(i - 2, i + 3), range(j - 2, j + 3))
    if version >= 7:
        mark(range(6), range(size - 11, size - 8))
        mark(range(size - 11, size - 8), range(6))
    return fixed


def _centres(version: int, size: int) -> list[int]:
    if version == 1:
        return []
    count = version // 7 + 2
    step = (version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
    return [6, *sorted(size - 7 - step * at for at in range(count - 1))]


def _path(size: int):
    """Two columns at a time from the right, up and down in turn."""
    upwards = True
    for right in [*range(size - 1, 6, -2), *range(5, 0, -2)]:
        for i in reversed(range(size)) if upwards else range(size):
            yield i, right
            yield i, right - 1
        upwards = not upwards


def _data(words: list[int], version: int) -> list[int]:
    """The blocks one after the other; they are written word by word in turn, the longer ones last."""
    blocks, check = _BLOCKS[version - 1], _CHECK_PER_BLOCK[version - 1]
    short, longer = divmod(len(words) - blocks * check, blocks)
    lengths = [short] * (blocks - longer) + [short + 1] * longer
    parts: list[list[int]] = [[] for _ in range(blocks)]
    stream = iter(words)
    for at in range(short + 1):
        for part, length in zip(parts, lengths, strict=True):
            if at < length:
                part.append(next(stream))
    return [word for part in parts for word in part]
