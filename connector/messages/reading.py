"""What can be told of a template by reading it: blocks that nothing prints, and names and filters that do not exist.

Jinja passes a block of an unknown name over without a word, and the customer would get the usual wording. Of unknown
names and filters it tells the first.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes

_GIVEN = frozenset(
    {"self", "super", "loop", "caller", "varargs", "kwargs"}
)  # by Jinja itself, where they mean anything


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, in which file and on which line."""

    file: str
    line: int
    reason: str


def stray_blocks(environment: Environment, name: str) -> tuple[Mistake, ...]:
    """Blocks of template `name` that the one it extends does not have; none of a template that cannot be read."""
    try:
        return tuple(_stray_blocks(environment, name))
    except (TemplateError, RecursionError):
        return ()  # said when it is compiled or filled


def unknown_words(environment: Environment, name: str, known: Collection[str]) -> Iterator[Mistake]:
    """Every filter that does not exist, and every name that is neither in `known` nor defined in template `name`."""
    try:
        tree, file = _read(environment, name)
    except TemplateSyntaxError:
        return
    for used in tree.find_all(nodes.Filter):
        if used.name not in environment.filters:
            yield Mistake(file, used.lineno, f"No filter named {used.name!r}.")
    defined = {*known, *environment.globals, *_defined(tree), *_GIVEN}
    for word in tree.find_all(nodes.Name):
        if word.ctx == "load" and word.name not in defined:
            yield Mistake(file, word.lineno, f"{word.name!r} is undefined")


def _defined(tree: nodes.Template) -> Iterator[str]:
    """Names that the template gives a meaning, anywhere."""
    yield from (word.name for word in tree.find_all(nodes.Name) if word.ctx != "load")
    yield from (macro.name for macro in tree.find_all(nodes.Macro))
    yield from (brought.target for brought in tree.find_all(nodes.Import))
    for brought in tree.find_all(nodes.FromImport):
        yield from (each if isinstance(each, str) else each[1] for each in brought.names)


def _stray_blocks(environment: Environment, name: str) -> Iterator[Mistake]:
    tree, file = _read(environment, name)
    base = _extended(environment, tree, name)
    if base is None:
        return
    there = dict.fromkeys(_offered(environment, base))
    inner = {id(block) for outer in tree.find_all(nodes.Block) for block in outer.find_all(nodes.Block)}
    for block in tree.find_all(nodes.Block):
        if id(block) not in inner and block.name not in there:
            yield Mistake(
                file, block.lineno, f"nothing prints the block '{block.name}'; the blocks here are {', '.join(there)}"
            )
    yield from _stray_blocks(environment, base)


def _offered(environment: Environment, name: str) -> Iterator[str]:
    """The blocks of template `name` and of those it extends, in the order in which the outermost prints them."""
    tree, _ = _read(environment, name)
    base = _extended(environment, tree, name)
    if base is not None:
        yield from _offered(environment, base)
    yield from (block.name for block in tree.find_all(nodes.Block))


def _extended(environment: Environment, tree: nodes.Template, name: str) -> str | None:
    """The template that this one extends; None: none, or one that only the values of a message tell."""
    extends = tree.find(nodes.Extends)
    if extends is None or not isinstance(extends.template, nodes.Const):
        return None
    return environment.join_path(extends.template.value, name)


def _read(environment: Environment, name: str) -> tuple[nodes.Template, str]:
    """Template `name`, and the file it is in."""
    if environment.loader is None:
        raise TemplateNotFound(name)
    source, file, _ = environment.loader.get_source(environment, name)
    return environment.parse(source, name, file), file or name
