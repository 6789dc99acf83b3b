"""Laws as people read them: a directive has a name in each language of the Union, an act of one country has one.

To a customer where a directive is no law it is not named: what is asked for then rests on what was agreed.
"""

from collections.abc import Mapping

from connector.dunning.late_terms import EEA, EUROPEAN_UNION, Contract
from state.countries import alpha2

_DIRECTIVE: Mapping[str, str] = {  # as EUR-Lex names it
    "de": "Richtlinie 2011/7/EU, Artikel 2, 3 und 6",
    "es": "Directiva 2011/7/UE, artículos 2, 3 y 6",
    "fr": "directive 2011/7/UE, articles 2, 3 et 6",
    "nl": "Richtlijn 2011/7/EU, artikelen 2, 3 en 6",
}
_CONTRACT: Mapping[str, str] = {
    "de": "vertragliche Vereinbarung",
    "es": "acuerdo contractual",
    "fr": "accord contractuel",
    "nl": "contractuele afspraak",
}
_NAMES = {EUROPEAN_UNION.source: _DIRECTIVE, Contract().source: _CONTRACT}


def law_in(language: str, source: str) -> str:
    """How `source`, a law or the contract as `connector.dunning.late_terms` names it, is called in `language`."""
    return _NAMES.get(source, {}).get(language, source)


def law_for(country: str | None, source: str) -> str:
    """`source` as far as it may be named to a customer in `country`, as the ledger writes it; empty: not at all.

    Where nobody knows the country, it is named.
    """
    code = alpha2(country)
    return "" if source == EUROPEAN_UNION.source and code is not None and code not in EEA else source
