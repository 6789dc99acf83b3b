"""The few words of a call that depend on how it is placed and not on the debt: press a key, call us, goodbye."""

from msgspec import Struct


class Spoken(Struct, frozen=True):
    """`tag` is the language as Twilio's <Say> wants it; `call` has a place for the number, digit by digit."""

    tag: str
    press: str
    call: str
    plus: str
    goodbye: str

    def call_us(self, number: str) -> str:
        """Where to call, with `number` (E.164) spelt out."""
        return self.call.format(number=f"{self.plus} {' '.join(number.removeprefix('+'))}")


_ENGLISH = Spoken(
    tag="en-GB",
    press="To speak to us now, press 1.",
    call="To speak to us, please call {number}.",
    plus="plus",
    goodbye="Thank you, and goodbye.",
)
_WORDS = {
    "en": _ENGLISH,
    "de": Spoken(
        tag="de-DE",
        press="Um mit uns zu sprechen, drücken Sie die 1.",
        call="Sie erreichen uns unter {number}.",
        plus="plus",
        goodbye="Vielen Dank und auf Wiederhören.",
    ),
    "fr": Spoken(
        tag="fr-FR",
        press="Pour nous parler maintenant, appuyez sur la touche 1.",
        call="Pour nous joindre, appelez le {number}.",
        plus="plus",
        goodbye="Merci et au revoir.",
    ),
    "es": Spoken(
        tag="es-ES",
        press="Para hablar con nosotros, pulse el 1.",
        call="Para hablar con nosotros, llame al {number}.",
        plus="más",
        goodbye="Gracias y hasta luego.",
    ),
    "nl": Spoken(
        tag="nl-NL",
        press="Toets 1 om met ons te spreken.",
        call="U kunt ons bereiken op {number}.",
        plus="plus",
        goodbye="Dank u wel en tot ziens.",
    ),
}
_OTHER_TAGS = frozenset({"en-US", "en-AU", "en-IN", "fr-CA", "es-MX", "es-US", "de-AT", "fr-BE", "nl-BE"})


def spoken(locale: str) -> Spoken:
    """The words for `locale` (de, en_GB, fr-CA); English for a language that has none."""
    language, _, country = locale.replace("_", "-").partition("-")
    words = _WORDS.get(language.lower(), _ENGLISH)
    tag = f"{language.lower()}-{country.upper()}"
    return Spoken(tag, words.press, words.call, words.plus, words.goodbye) if tag in _OTHER_TAGS else words
