"""What the errors of 360dialog and Meta mean to the person who reads them, and what that person can do about them.

Follows https://docs.360dialog.com/docs/support/api-error-message-list and
https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes. From 400 to 599 they are HTTP's
statuses, for where nobody gave a code; the codes in letters are this client's own.
"""

from integrations.http.json_client import (
    CONNECTION_LOST,
    NO_ANSWER_IN_TIME,
    NO_CONNECTION,
    NOT_SECURE,
    NOT_SENDABLE,
    TOO_LARGE,
)

RATE_LIMIT = "rate_limit"
PAYMENT_OVERDUE = "payment_overdue"
ACCOUNT_DISABLED = "account_disabled"
NOT_UNDERSTOOD = "not_understood"
MEDIA_NOT_FOUND = "media_not_found"
REDIRECT_REFUSED = "media_redirect_refused"
FOREIGN_MEDIA = "foreign_media"

OUTSIDE_WINDOW = 131047
NOT_ON_WHATSAPP = 131026
PAIR_RATE_LIMIT = 131056
THROUGHPUT = 130429
SPAM_LIMIT = 131048
TEMPLATE_PARAMETERS = 132000
NO_SUCH_TEMPLATE = 132001

PASSING_CODES = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004})
"""Meta's codes for what passes by itself: too much at once, or a failure inside WhatsApp.

Most of them come with HTTP 400. 131048 is not among them: it is a restriction of days, and insisting prolongs it.
"""

_HUB = "https://hub.360dialog.com"
_STATUS = "https://status.360dialog.com"
_MANAGER = "https://business.facebook.com (WhatsApp Manager)"

_NO_PERMISSION = {
    "es": "360dialog perdió el permiso de Meta sobre este número: mire en "
    f"{_HUB} el estado de la cuenta, y si está bien, escriba a su soporte.",
    "en": f"360dialog has lost Meta's permission for this number: see the account's state at {_HUB}, and if that "
    "is well, write to their support.",
}
_PARAMETERS = {
    "es": "WhatsApp no acepta la petición: compruebe el número, con el prefijo del país; el texto, de 4096 "
    "caracteres como mucho; y la dirección del archivo o los datos de la plantilla.",
    "en": "WhatsApp does not accept the request: check the number, with its country code; the text, of 4096 "
    "characters at most; and the file's address or the template's values.",
}
_FAILURE = {
    "es": f"WhatsApp tiene un fallo: mire {_STATUS} y pruebe dentro de un rato.",
    "en": f"WhatsApp has a failure of its own: see {_STATUS} and try again in a while.",
}
_TOO_FAST = {
    "es": "Se envía demasiado deprisa: espere unos segundos y envíe más despacio.",
    "en": "Messages are sent too fast: wait some seconds and send more slowly.",
}

_ADVICE: dict[int | str, dict[str, str]] = {
    0: _NO_PERMISSION,
    1: _FAILURE,
    2: _FAILURE,
    3: _NO_PERMISSION,
    4: _TOO_FAST,
    10: _NO_PERMISSION,
    33: {
        "es": f"Meta ya no tiene este número: mire en {_HUB} si se borró o se cambió de cuenta.",
        "en": f"Meta no longer has this number: see at {_HUB} whether it was deleted or moved to another account.",
    },
    100: _PARAMETERS,
    190: _NO_PERMISSION,
    368: {
        "es": f"Meta suspendió la cuenta por incumplir sus normas: mire el motivo en {_MANAGER} y pida allí que la "
        "revisen.",
        "en": f"Meta suspended the account for breaking its rules: see why at {_MANAGER} and ask for a review there.",
    },
    80007: _TOO_FAST,
    130429: _TOO_FAST,
    130472: {
        "es": "Meta no entrega mensajes de publicidad a esa persona (un experimento suyo): no lo repita; espere a que "
        "escriba.",
        "en": "Meta delivers no marketing to that person (an experiment of theirs): do not repeat it; wait until "
        "they write.",
    },
    130497: {
        "es": "La cuenta no puede escribir a ese país por las normas de WhatsApp para su actividad: use otro medio.",
        "en": "The account may not write to that country, by WhatsApp's rules for its trade: use another way.",
    },
    131000: _FAILURE,
    131005: _NO_PERMISSION,
    131008: _PARAMETERS,
    131009: _PARAMETERS,
    131016: _FAILURE,
    131021: {
        "es": "El mensaje iba a su propio número: escriba a otro.",
        "en": "The message was for your own number: write to another.",
    },
    131026: {
        "es": "No se puede entregar a ese número: compruebe que tiene WhatsApp; si lo tiene, que la persona lo "
        "actualice y acepte sus condiciones.",
        "en": "That number cannot be delivered to: check that it is on WhatsApp; if it is, let the person update "
        "it and accept its terms.",
    },
    131030: {
        "es": "La zona de pruebas solo escribe a números de su lista: añada este, o use un número de verdad.",
        "en": "The sandbox only writes to numbers on its list: add this one, or use a real number.",
    },
    131031: {
        "es": f"Meta tiene bloqueada la cuenta de WhatsApp Business: mire el motivo en {_MANAGER} y pida allí que la "
        "revisen.",
        "en": f"Meta has locked the WhatsApp Business account: see why at {_MANAGER} and ask for a review there.",
    },
    131037: {
        "es": f"Meta aún no aprobó el nombre que muestra su número: póngalo o corríjalo en {_MANAGER}.",
        "en": f"Meta has not yet approved the name that your number shows: set or correct it at {_MANAGER}.",
    },
    131042: {
        "es": f"Meta no puede cobrar los mensajes: revise el pago y el crédito en {_HUB}.",
        "en": f"Meta cannot charge for the messages: check payment and credit at {_HUB}.",
    },
    131045: {
        "es": f"El número no está bien registrado en WhatsApp: mire su estado en {_HUB}.",
        "en": f"The number is not properly registered with WhatsApp: see its state at {_HUB}.",
    },
    131047: {
        "es": "Pasaron más de 24 horas desde el último mensaje de esa persona: WhatsApp ya no admite texto libre. "
        "Envíe una plantilla aprobada, o espere a que ella escriba.",
        "en": "More than 24 hours have passed since that person's last message: WhatsApp takes no free text any "
        "more. Send an approved template, or wait until they write.",
    },
    131048: {
        "es": "WhatsApp limita los envíos de su número porque se bloqueó o se marcó como no deseado: pare las "
        f"campañas y mire la calidad del número en {_MANAGER}.",
        "en": "WhatsApp limits what your number sends because people blocked it or reported it as spam: stop the "
        f"campaigns and see the number's quality at {_MANAGER}.",
    },
    131049: {
        "es": "Meta decidió no entregar este mensaje de publicidad: no lo repita antes de un día; si no es publicidad, "
        "pida que la plantilla sea de la categoría Utility.",
        "en": "Meta chose not to deliver this marketing message: do not repeat it within a day; if it is not "
        "marketing, have the template put in the category Utility.",
    },
    131050: {
        "es": "Esa persona no quiere más publicidad de este número: no se la envíe.",
        "en": "That person wants no more marketing from this number: send them none.",
    },
    131051: {
        "es": "WhatsApp no admite este tipo de mensaje: envíe un texto, un archivo o una plantilla.",
        "en": "WhatsApp does not take this kind of message: send a text, a file or a template.",
    },
    131052: {
        "es": "WhatsApp no pudo descargar lo que envió esa persona: pídale que lo envíe otra vez.",
        "en": "WhatsApp could not download what that person sent: ask them to send it again.",
    },
    131053: {
        "es": "WhatsApp no pudo usar el archivo: su dirección ha de ser pública y responder sin contraseña, y el "
        "archivo ser de un tipo y un tamaño admitidos.",
        "en": "WhatsApp could not use the file: its address must be public and answer without a password, and the "
        "file be of a kind and size that it takes.",
    },
    131056: {
        "es": "Son demasiados mensajes a la misma persona (uno cada seis segundos): espere y envíelo otra vez.",
        "en": "Those are too many messages to the same person (one every six seconds): wait and send it again.",
    },
    131057: {
        "es": "La cuenta está en mantenimiento, quizá porque pasa a más capacidad: pruebe dentro de unos minutos.",
        "en": "The account is under maintenance, perhaps moving to more capacity: try again in some minutes.",
    },
    132000: {
        "es": "La plantilla pide otro número de datos: dé todos los suyos (1=Ana 2=lunes), ni más ni menos.",
        "en": "The template asks for another number of values: give all of its own (1=Ana 2=Monday), no more, no "
        "fewer.",
    },
    132001: {
        "es": "No hay plantilla aprobada con ese nombre en ese idioma: compruebe los dos (es, es_ES y es_MX son "
        f"distintos) en {_HUB}.",
        "en": "There is no approved template of that name in that language: check both (en, en_US and en_GB differ) "
        f"at {_HUB}.",
    },
    132005: {
        "es": "La plantilla resulta demasiado larga con sus datos puestos: dé unos más cortos.",
        "en": "The template is too long with its values filled in: give shorter ones.",
    },
    132007: {
        "es": "El contenido de la plantilla va contra las normas de WhatsApp: cámbielo y pida otra aprobación.",
        "en": "The template's content is against WhatsApp's rules: change it and have it approved again.",
    },
    132012: {
        "es": "Los datos no tienen la forma que pide la plantilla: sin saltos de línea ni más de cuatro espacios "
        "seguidos, y del tipo que espera cada uno.",
        "en": "The values do not have the form that the template asks for: no line breaks, no more than four spaces "
        "in a row, and each of the kind expected.",
    },
    132015: {
        "es": f"La plantilla está en pausa por su baja calidad: cámbiela en {_HUB}, o use otra.",
        "en": f"The template is paused for its low quality: change it at {_HUB}, or use another.",
    },
    132016: {
        "es": f"La plantilla quedó desactivada por su baja calidad: haga otra en {_HUB}.",
        "en": f"The template was disabled for its low quality: make another at {_HUB}.",
    },
    133004: _FAILURE,
    133010: {
        "es": f"El número no está registrado en WhatsApp: termine su alta en {_HUB}.",
        "en": f"The number is not registered with WhatsApp: finish setting it up at {_HUB}.",
    },
    135000: _PARAMETERS,
    400: _PARAMETERS,
    401: {
        "es": f"360dialog no acepta la clave: copie la de este número de {_HUB} (API Keys) en D360_API_KEY.",
        "en": f"360dialog does not accept the key: copy this number's from {_HUB} (API Keys) into D360_API_KEY.",
    },
    403: {
        "es": "360dialog no permite esto con esta clave: compruebe que D360_API_KEY es la de este número, y si lo es, "
        "escriba a su soporte.",
        "en": "360dialog does not allow this with this key: check that D360_API_KEY is this number's, and if it is, "
        "write to their support.",
    },
    404: {
        "es": "360dialog no conoce esa dirección: compruebe D360_API_URL, que suele estar vacía.",
        "en": "360dialog knows no such address: check D360_API_URL, which is usually empty.",
    },
    429: _TOO_FAST,
    RATE_LIMIT: _TOO_FAST,
    PAYMENT_OVERDUE: {
        "es": f"360dialog tiene facturas sin cobrar y no envía: páguelas en {_HUB}, o hable con su integrador.",
        "en": f"360dialog has unpaid invoices and sends nothing: settle them at {_HUB}, or ask your partner.",
    },
    ACCOUNT_DISABLED: {
        "es": f"360dialog desactivó esta cuenta: mire su estado en {_HUB} y escriba a su soporte.",
        "en": f"360dialog has disabled this account: see its state at {_HUB} and write to their support.",
    },
    MEDIA_NOT_FOUND: {
        "es": "El archivo ya no está en WhatsApp, o no es de este número: pida a la persona que lo envíe otra vez.",
        "en": "The file is no longer with WhatsApp, or is not this number's: ask the person to send it again.",
    },
    REDIRECT_REFUSED: {
        "es": "360dialog remite el archivo a otro servidor, y no se le sigue: avise a quien mantiene el programa.",
        "en": "360dialog sends one on to another server for the file, and is not followed: tell whoever maintains "
        "the program.",
    },
    FOREIGN_MEDIA: {
        "es": "Eso no es el identificador de un archivo de WhatsApp: no se descarga nada.",
        "en": "That is not the identifier of a file of WhatsApp's: nothing is downloaded.",
    },
    TOO_LARGE: {
        "es": "El archivo es demasiado grande: pida a la persona uno más pequeño.",
        "en": "The file is too large: ask the person for a smaller one.",
    },
    NOT_SENDABLE: {
        "es": "La petición no se puede escribir: revise D360_API_URL y el texto del mensaje.",
        "en": "The request cannot be written: check D360_API_URL and the message's text.",
    },
    NO_CONNECTION: {
        "es": "No hay conexión con 360dialog: compruebe la red, el cortafuegos y D360_API_URL, que suele estar vacía.",
        "en": "There is no connection to 360dialog: check the network, the firewall and D360_API_URL, which is "
        "usually empty.",
    },
    NO_ANSWER_IN_TIME: {
        "es": f"360dialog no respondió a tiempo: mire {_STATUS} y pruebe dentro de un rato.",
        "en": f"360dialog did not answer in time: see {_STATUS} and try again in a while.",
    },
    CONNECTION_LOST: {
        "es": "La conexión con 360dialog se cortó a mitad: compruebe la red y pruebe otra vez.",
        "en": "The connection to 360dialog broke half-way: check the network and try again.",
    },
    NOT_SECURE: {
        "es": "No se pudo comprobar el certificado de 360dialog: revise la hora de la máquina, y que ningún proxy o "
        "antivirus abra el tráfico.",
        "en": "360dialog's certificate could not be verified: check this machine's clock, and that no proxy or "
        "antivirus opens the traffic.",
    },
    NOT_UNDERSTOOD: {
        "es": "La respuesta no es de 360dialog: compruebe D360_API_URL, y que no haya un portal de acceso en medio.",
        "en": "The answer is not 360dialog's: check D360_API_URL, and that no sign-in page is in between.",
    },
}

KNOWN_CODES = frozenset(_ADVICE)
"""Those that what_to_do has an entry for; Meta's permissions (200 to 299) and HTTP's 5xx have one for all."""


def what_to_do(code: int | str | None, language: str) -> str | None:
    """Say what a code means and what to do, in "es" or "en"; None for a code that has no entry.

    code: of an IntegrationError that Dialog360 raised, or of a receipt.
    """
    if isinstance(code, int) and 500 <= code < 600:
        return _FAILURE[language]
    if isinstance(code, int) and 200 <= code < 300:
        return _NO_PERMISSION[language]
    advice = _ADVICE.get(code) if code is not None else None
    return advice[language] if advice else None


def code_is_permanent(code: int) -> bool | None:
    """Say whether what Meta refused with this code would be refused again; None for a code that has no entry."""
    if code in PASSING_CODES:
        return False
    return True if code in KNOWN_CODES or 200 <= code < 300 else None


def receipt_is_permanent(code: int | None) -> bool:
    """Say whether a message that failed with this code would fail again if it were sent again.

    A failure without a code, or with one of no entry, is permanent: nothing says that it passes.
    """
    return code not in PASSING_CODES
