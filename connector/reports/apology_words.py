"""What the draft of an apology says, in the languages that templates are built in.

The words of the template `apology` cannot serve: a message overlooks a payment, while here a person is told how it came
about, may change every word, and must not have to look up what the books said when.
"""

from collections.abc import Mapping
from types import MappingProxyType

APOLOGIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "greeting": "Dear {customer},",
            "mistake": "on {sent} we reminded you of invoice {invoice}, although {amount} of it had been paid on"
            " {paid}.",
            "entered_later": "Our books did not show the payment on this invoice when the reminder left.",
            "shown_as_owed": "Our books showed the invoice as unpaid all the same.",
            "shown_later": "The payment did not show in our books when the reminder left.",
            "surfaced": "The payment was entered, or last changed, in our books on {entered}.",
            "disregard": "Please disregard the reminder as far as this amount is concerned. We are sorry.",
            "an_amount": "an amount",
        },
        "de": {
            "greeting": "Guten Tag {customer},",
            "mistake": "am {sent} haben wir Sie an die Rechnung {invoice} erinnert, obwohl Sie davon am {paid} schon"
            " {amount} bezahlt hatten.",
            "entered_later": "Als die Erinnerung hinausging, zeigten unsere Bücher die Zahlung bei dieser Rechnung noch"
            " nicht.",
            "shown_as_owed": "Unsere Bücher wiesen die Rechnung trotzdem als unbezahlt aus.",
            "shown_later": "Als die Erinnerung hinausging, war die Zahlung in unseren Büchern nicht zu sehen.",
            "surfaced": "Gebucht oder zuletzt geändert wurde die Zahlung am {entered}.",
            "disregard": "Bitte betrachten Sie die Erinnerung, soweit es um diesen Betrag geht, als gegenstandslos. Wir"
            " bitten um Entschuldigung.",
            "an_amount": "einen Betrag",
        },
        "fr": {
            "greeting": "Bonjour {customer},",
            "mistake": "Le {sent}, nous vous avons adressé un rappel pour la facture {invoice}, alors que vous en aviez"
            " déjà réglé {amount} le {paid}.",
            "entered_later": "Quand le rappel est parti, nos livres ne montraient pas ce règlement pour cette facture.",
            "shown_as_owed": "Nos livres présentaient malgré tout la facture comme impayée.",
            "shown_later": "Au moment de l’envoi du rappel, ce règlement n’apparaissait pas dans nos livres.",  # noqa: RUF001 - French
            "surfaced": "Le règlement a été saisi, ou modifié pour la dernière fois, le {entered}.",
            "disregard": "Merci de ne pas tenir compte de ce rappel pour ce montant. Nous vous présentons nos excuses.",
            "an_amount": "une partie",
        },
        "es": {
            "greeting": "Hola, {customer}:",
            "mistake": "El {sent} le enviamos un recordatorio de la factura {invoice}, aunque el {paid} ya nos había"
            " pagado {amount} de ella.",
            "entered_later": "Cuando salió el recordatorio, el pago no constaba en nuestros libros para esta factura.",
            "shown_as_owed": "Aun así, nuestros libros mostraban la factura como no pagada.",
            "shown_later": "Cuando salió el recordatorio, el pago no aparecía en nuestros libros.",
            "surfaced": "El pago se registró, o se modificó por última vez, el {entered}.",
            "disregard": "No tenga en cuenta el recordatorio en lo que se refiere a este importe. Le pedimos"
            " disculpas.",
            "an_amount": "una parte",
        },
        "nl": {
            "greeting": "Beste {customer},",
            "mistake": "Op {sent} hebben wij u aan factuur {invoice} herinnerd, terwijl u daarvan op {paid} al {amount}"
            " had betaald.",
            "entered_later": "Toen de herinnering wegging, stond de betaling in onze boeken nog niet bij deze factuur.",
            "shown_as_owed": "Onze boeken lieten de factuur toch als onbetaald zien.",
            "shown_later": "Toen de herinnering wegging, was de betaling in onze boeken niet te zien.",
            "surfaced": "De betaling is op {entered} geboekt of voor het laatst gewijzigd.",
            "disregard": "U kunt de herinnering voor zover het om dit bedrag gaat als niet verzonden beschouwen. Wij"
            " bieden u onze excuses aan.",
            "an_amount": "een deel",
        },
    }
)
