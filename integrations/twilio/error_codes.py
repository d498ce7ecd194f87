"""What Twilio's error codes mean to the person at the terminal, and what that person can do about them.

Follows https://www.twilio.com/docs/api/errors; the codes in letters are this client's own.
"""

NO_CONNECTION = "no-connection"
NO_ANSWER_IN_TIME = "timeout"
CONNECTION_LOST = "connection-lost"
NOT_SECURE = "tls"
NOT_UNDERSTOOD = "not-understood"

_CONSOLE = "https://console.twilio.com"

PASSING_CODES = frozenset({20429, 21611, 30001, 63010, 63012, 63017, 63018})
"""Twilio's codes for what passes by itself: too much at once, or a failure inside Twilio or WhatsApp."""

_ADVICE: dict[int | str, dict[str, str]] = {
    10001: {
        "es": f"La cuenta de Twilio no está activa: mire en {_CONSOLE} qué le falta (saldo, verificación).",
        "en": f"The Twilio account is not active: see at {_CONSOLE} what it lacks (funds, verification).",
    },
    20003: {
        "es": f"Twilio no acepta las credenciales, o la cuenta está suspendida: copie de {_CONSOLE} "
        "TWILIO_ACCOUNT_SID y TWILIO_AUTH_TOKEN.",
        "en": f"Twilio does not accept the credentials, or the account is suspended: copy "
        f"TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from {_CONSOLE}.",
    },
    20008: {
        "es": "Las credenciales de prueba no pueden hacer esto: use las de la cuenta de verdad.",
        "en": "Test credentials cannot do this: use the live ones of the account.",
    },
    20404: {
        "es": "Twilio no conoce esa llamada, ese mensaje o esa cuenta: compruebe que TWILIO_ACCOUNT_SID "
        "es la suya.",
        "en": "Twilio knows no such call, message or account: check that TWILIO_ACCOUNT_SID is the right one.",
    },
    20429: {
        "es": "Demasiadas peticiones a la vez; esta no se atendió: espere unos segundos y repítala.",
        "en": "Too many requests at once; this one was not processed: wait some seconds and repeat it.",
    },
    21201: {
        "es": "Falta el número al que se llama: escríbalo, o ponga TO_PHONE_NUMBER.",
        "en": "The number to call is missing: give one, or set TO_PHONE_NUMBER.",
    },
    21205: {
        "es": "Twilio no puede usar la dirección del servidor: WEBHOOK_URL ha de ser pública y no llevar "
        "guiones bajos en el nombre, como https://ejemplo.com.",
        "en": "Twilio cannot use the server's address: WEBHOOK_URL must be public, with no underscore in "
        "its host name, such as https://example.com.",
    },
    21208: {
        "es": "Los segundos que ha de sonar no son válidos: de 1 a 600.",
        "en": "The seconds to let it ring are not valid: 1 to 600.",
    },
    21210: {
        "es": "El número de origen no es de esta cuenta: ponga en TWILIO_PHONE_NUMBER uno comprado en "
        f"Twilio, o verifique el suyo en {_CONSOLE} (Phone Numbers, Verified Caller IDs).",
        "en": "The number to call from is not this account's: set TWILIO_PHONE_NUMBER to one bought from "
        f"Twilio, or verify yours at {_CONSOLE} (Phone Numbers, Verified Caller IDs).",
    },
    21211: {
        "es": "El número de destino no existe: revíselo, con el prefijo del país (+34600000001).",
        "en": "The number to call does not exist: check it, with its country code (+34600000001).",
    },
    21212: {
        "es": "El número de origen no es válido: revise TWILIO_PHONE_NUMBER, con el prefijo del país.",
        "en": "The number to call from is not valid: check TWILIO_PHONE_NUMBER, with its country code.",
    },
    21213: {
        "es": "Falta el número de origen: ponga TWILIO_PHONE_NUMBER.",
        "en": "The number to call from is missing: set TWILIO_PHONE_NUMBER.",
    },
    21214: {
        "es": "Twilio no llega a ese número: compruebe que está en servicio y pruebe más tarde.",
        "en": "Twilio cannot reach that number: check that it is in service and try later.",
    },
    21215: {
        "es": f"La cuenta no tiene permiso para llamar a ese país: déselo en {_CONSOLE} "
        "(Voice, Settings, Geo permissions).",
        "en": f"The account may not call that country: allow it at {_CONSOLE} "
        "(Voice, Settings, Geo permissions).",
    },
    21216: {
        "es": "Twilio no permite a esta cuenta llamar a ese número (tarificación especial o bloqueado): "
        "use otro, o pregunte a su soporte.",
        "en": "Twilio does not let this account call that number (premium rate, or blocked): "
        "use another, or ask their support.",
    },
    21217: {
        "es": "Eso no parece un número de teléfono: revíselo, con el prefijo del país (+34600000001).",
        "en": "That does not look like a phone number: check it, with its country code (+34600000001).",
    },
    21219: {
        "es": "Una cuenta de prueba solo llama a números verificados: verifique este en "
        f"{_CONSOLE} (Phone Numbers, Verified Caller IDs), o pase a una cuenta de pago.",
        "en": "A trial account only calls verified numbers: verify this one at "
        f"{_CONSOLE} (Phone Numbers, Verified Caller IDs), or upgrade the account.",
    },
    21220: {
        "es": "La llamada ya no está en curso: no hay nada que hacer.",
        "en": "The call is no longer on: there is nothing to do.",
    },
    21408: {
        "es": f"La cuenta no tiene permiso para escribir a ese país: déselo en {_CONSOLE} "
        "(Messaging, Settings, Geo permissions).",
        "en": f"The account may not write to that country: allow it at {_CONSOLE} "
        "(Messaging, Settings, Geo permissions).",
    },
    21602: {
        "es": "El mensaje está vacío: escriba un texto, o envíe una imagen o una plantilla.",
        "en": "The message is empty: write a text, or send an image or a template.",
    },
    21603: {
        "es": "Falta el número que escribe: ponga TWILIO_WHATSAPP_NUMBER.",
        "en": "The number to write from is missing: set TWILIO_WHATSAPP_NUMBER.",
    },
    21604: {
        "es": "Falta el número al que se escribe: póngalo, con el prefijo del país (+34600000001).",
        "en": "The number to write to is missing: give one, with its country code (+34600000001).",
    },
    21606: {
        "es": "El número que escribe no es de esta cuenta, o no puede enviar mensajes: revise "
        "TWILIO_WHATSAPP_NUMBER.",
        "en": "The number to write from is not this account's, or cannot send messages: check "
        "TWILIO_WHATSAPP_NUMBER.",
    },
    21608: {
        "es": "Una cuenta de prueba solo escribe a números verificados: verifique este en "
        f"{_CONSOLE} (Phone Numbers, Verified Caller IDs), o pase a una cuenta de pago.",
        "en": "A trial account only writes to verified numbers: verify this one at "
        f"{_CONSOLE} (Phone Numbers, Verified Caller IDs), or upgrade the account.",
    },
    21609: {
        "es": "Twilio no puede usar la dirección de los recibos: WEBHOOK_URL ha de ser pública y no llevar "
        "guiones bajos en el nombre, como https://ejemplo.com.",
        "en": "Twilio cannot use the address for receipts: WEBHOOK_URL must be public, with no underscore "
        "in its host name, such as https://example.com.",
    },
    21610: {
        "es": "Esa persona pidió no recibir más mensajes (STOP): no le escriba hasta que ella misma envíe "
        "START a su número.",
        "en": "That person asked for no more messages (STOP): do not write until they send START to your "
        "number themselves.",
    },
    21611: {
        "es": "La cola de mensajes de su número está llena: espere unos minutos y envíe más despacio.",
        "en": "Your number's queue of messages is full: wait some minutes and send more slowly.",
    },
    21612: {
        "es": "Twilio no tiene camino de su número a ese: compruebe los dos, y que ambos son de WhatsApp.",
        "en": "Twilio has no way from your number to that one: check both, and that both are on WhatsApp.",
    },
    21614: {
        "es": "Ese número no es un móvil: pida a la persona uno que tenga WhatsApp.",
        "en": "That number is not a mobile phone: ask the person for one that has WhatsApp.",
    },
    21617: {
        "es": "El texto pasa de 1600 caracteres: acórtelo, o pártalo en varios mensajes.",
        "en": "The text is longer than 1600 characters: shorten it, or split it into several messages.",
    },
    21619: {
        "es": "El mensaje no lleva nada: ponga un texto, una imagen o una plantilla.",
        "en": "The message holds nothing: give a text, an image or a template.",
    },
    21620: {
        "es": "La dirección de la imagen no es válida: ha de ser pública y empezar por https://.",
        "en": "The image's address is not valid: it must be public and begin with https://.",
    },
    21623: {
        "es": "Son demasiados adjuntos: diez por mensaje como mucho; en WhatsApp, mejor uno.",
        "en": "Those are too many attachments: ten a message at most; on WhatsApp, better one.",
    },
    21654: {
        "es": "Hay variables, pero no plantilla: indique su SID (HX...), o ponga TWILIO_TEMPLATE_SID.",
        "en": "There are variables but no template: give its SID (HX...), or set TWILIO_TEMPLATE_SID.",
    },
    21655: {
        "es": "Esta cuenta no tiene esa plantilla: copie su SID (HX y 32 caracteres) de "
        f"{_CONSOLE} (Messaging, Content Template Builder) en TWILIO_TEMPLATE_SID.",
        "en": "This account has no such template: copy its SID (HX and 32 characters) from "
        f"{_CONSOLE} (Messaging, Content Template Builder) into TWILIO_TEMPLATE_SID.",
    },
    21656: {
        "es": "Las variables de la plantilla no valen: dé todas (1=Ana 2=lunes), ninguna vacía, sin saltos "
        "de línea ni más de cuatro espacios seguidos.",
        "en": "The template's variables are not valid: give all of them (1=Ana 2=Monday), none empty, with "
        "no line breaks and no more than four spaces in a row.",
    },
    21910: {
        "es": "Uno de los números es de WhatsApp y el otro no: escriba desde TWILIO_WHATSAPP_NUMBER.",
        "en": "One of the numbers is on WhatsApp and the other is not: write from TWILIO_WHATSAPP_NUMBER.",
    },
    30001: {
        "es": "La cola de Twilio se llenó antes de enviar este mensaje: envíelo otra vez, más despacio.",
        "en": "Twilio's queue was full before this message was sent: send it again, more slowly.",
    },
    30002: {
        "es": f"Twilio suspendió la cuenta antes de enviar este mensaje: mire el motivo en {_CONSOLE}.",
        "en": f"Twilio suspended the account before this message was sent: see why at {_CONSOLE}.",
    },
    30003: {
        "es": "El teléfono no está localizable (apagado o sin cobertura): pruebe más tarde.",
        "en": "The phone cannot be reached (off, or with no signal): try later.",
    },
    30004: {
        "es": "El destinatario o su operador no admite este mensaje: pregúntele por otro medio.",
        "en": "The person or their carrier does not accept this message: ask them in another way.",
    },
    30005: {
        "es": "Ese número no existe o ya no está en servicio: compruébelo con la persona.",
        "en": "That number does not exist or is no longer in service: check it with the person.",
    },
    30006: {
        "es": "Ese número es un fijo, o su operador no recibe mensajes: pida un móvil.",
        "en": "That number is a landline, or its carrier takes no messages: ask for a mobile phone.",
    },
    30007: {
        "es": "El mensaje se tomó por correo no deseado: cambie el texto y los enlaces, y escriba solo a "
        "quien lo pidió.",
        "en": "The message was taken for spam: change its words and links, and write only to people who "
        "asked for it.",
    },
    30008: {
        "es": "No se entregó, y el operador no dice por qué: compruebe el número y pruebe más tarde.",
        "en": "It was not delivered, and the carrier does not say why: check the number and try later.",
    },
    63003: {
        "es": "Ese número no está en WhatsApp: compruébelo con la persona, con el prefijo del país.",
        "en": "That number is not on WhatsApp: check it with the person, with its country code.",
    },
    63005: {
        "es": "WhatsApp no aceptó el contenido: compruebe que la persona tiene WhatsApp, y que el archivo se "
        "abre y es de un tipo admitido.",
        "en": "WhatsApp did not accept the content: check that the person has WhatsApp, and that the file "
        "opens and is of a kind it takes.",
    },
    63007: {
        "es": "Esta cuenta no tiene ese número de WhatsApp: ponga en TWILIO_WHATSAPP_NUMBER el de la zona de "
        f"pruebas (+14155238886) o uno de los suyos ({_CONSOLE}, Messaging, Senders, WhatsApp senders).",
        "en": "This account has no such WhatsApp number: set TWILIO_WHATSAPP_NUMBER to the sandbox's "
        f"(+14155238886) or to one of yours ({_CONSOLE}, Messaging, Senders, WhatsApp senders).",
    },
    63010: {
        "es": "Twilio tuvo un fallo al pasar el mensaje a WhatsApp: se puede enviar otra vez.",
        "en": "Twilio failed to hand the message to WhatsApp: it can be sent again.",
    },
    63012: {
        "es": "WhatsApp tuvo un fallo al recibir el mensaje: se puede enviar otra vez.",
        "en": "WhatsApp failed to take the message: it can be sent again.",
    },
    63013: {
        "es": "El mensaje va contra las normas de WhatsApp: revise el texto y, si es una plantilla, que sus "
        "variables no lleven saltos de línea ni muchos espacios.",
        "en": "The message is against WhatsApp's rules: check its words and, if it is a template, that its "
        "variables hold no line breaks or long runs of spaces.",
    },
    63014: {
        "es": "Esa persona bloqueó su número o dejó de aceptar mensajes: no le escriba hasta que ella lo haga.",
        "en": "That person blocked your number or takes no more messages: do not write until they do.",
    },
    63015: {
        "es": "Esa persona no está en la zona de pruebas: que envíe por WhatsApp al +1 415 523 8886 la frase "
        f"«join ...» que muestra {_CONSOLE} (Messaging, Try it out, Send a WhatsApp message). Caduca a los "
        "tres días: entonces, que la envíe otra vez.",
        "en": "That person is not in the sandbox: let them send the words “join ...” that "
        f"{_CONSOLE} shows (Messaging, Try it out, Send a WhatsApp message) to +1 415 523 8886 on WhatsApp. "
        "It lapses after three days: then they send it again.",
    },
    63016: {
        "es": "Pasaron más de 24 horas desde el último mensaje de esa persona: WhatsApp ya no admite texto "
        "libre. Envíe la plantilla aprobada (TWILIO_TEMPLATE_SID; whatsapp send NÚMERO --template), o espere "
        "a que ella escriba.",
        "en": "More than 24 hours have passed since that person's last message: WhatsApp takes no free text "
        "any more. Send the approved template (TWILIO_TEMPLATE_SID; whatsapp send NUMBER --template), or "
        "wait until they write.",
    },
    63017: {
        "es": "La cuenta envía demasiados mensajes por segundo: espere un momento y envíe más despacio.",
        "en": "The account sends too many messages a second: wait a moment and send more slowly.",
    },
    63018: {
        "es": "Se envía demasiado deprisa (en la zona de pruebas, un mensaje cada tres segundos), o WhatsApp "
        "no le deja empezar más conversaciones por hoy: espere y envíelo otra vez.",
        "en": "Messages are sent too fast (in the sandbox, one every three seconds), or WhatsApp lets you "
        "start no more conversations today: wait and send it again.",
    },
    63019: {
        "es": "WhatsApp no pudo descargar el archivo: su dirección ha de ser pública, responder sin "
        "contraseña y decir bien de qué tipo es.",
        "en": "WhatsApp could not download the file: its address must be public, answer without a password "
        "and name the right content type.",
    },
    63021: {
        "es": "WhatsApp no admite este contenido: compruebe el tipo del archivo, y que una plantilla no pase de "
        "1024 caracteres con sus variables puestas.",
        "en": "WhatsApp does not take this content: check the kind of file, and that a template is no longer "
        "than 1024 characters with its variables filled in.",
    },
    63024: {
        "es": "WhatsApp no puede entregar a esa persona: compruebe que el número tiene WhatsApp; si lo tiene, "
        "que lo actualice y acepte sus condiciones.",
        "en": "WhatsApp cannot deliver to that person: check that the number has WhatsApp; if it has, let "
        "them update it and accept its terms.",
    },
    63032: {
        "es": "WhatsApp limita lo que se puede enviar a esa persona: no insista; espere a que escriba, o use "
        "otro medio.",
        "en": "WhatsApp limits what may be sent to that person: do not insist; wait until they write, or use "
        "another way.",
    },
    63033: {
        "es": "Los mensajes a esa persona están bloqueados en WhatsApp: no le escriba hasta que ella lo haga.",
        "en": "Messages to that person are blocked on WhatsApp: do not write until they do.",
    },
    63038: {
        "es": "La cuenta llegó a su límite de mensajes de 24 horas (50 en una de prueba): envíelo mañana, o "
        "pase a una cuenta de pago.",
        "en": "The account reached its limit of messages in 24 hours (50 on trial): send it tomorrow, or "
        "upgrade the account.",
    },
    63049: {
        "es": "Meta decidió no entregar este mensaje de publicidad (a números de EE. UU., nunca): no lo repita "
        "enseguida; si no es publicidad, pida que la plantilla sea de la categoría Utility.",
        "en": "Meta chose not to deliver this marketing message (to numbers in the US, never): do not repeat "
        "it at once; if it is not marketing, have the template put in the category Utility.",
    },
    63051: {
        "es": "Meta tiene bloqueada la cuenta de WhatsApp Business: mire el motivo en "
        "https://business.facebook.com (WhatsApp Manager) y pida allí que la revisen.",
        "en": "Meta has locked the WhatsApp Business account: see why at https://business.facebook.com "
        "(WhatsApp Manager) and ask for a review there.",
    },
    NO_CONNECTION: {
        "es": "No hay conexión con Twilio: compruebe la red, el cortafuegos, el proxy (HTTPS_PROXY) "
        "y TWILIO_API_URL, que suele estar vacía.",
        "en": "There is no connection to Twilio: check the network, the firewall, the proxy (HTTPS_PROXY) "
        "and TWILIO_API_URL, which is usually empty.",
    },
    NO_ANSWER_IN_TIME: {
        "es": "Twilio no respondió a tiempo: mire https://status.twilio.com y pruebe dentro de un rato.",
        "en": "Twilio did not answer in time: see https://status.twilio.com and try again in a while.",
    },
    CONNECTION_LOST: {
        "es": "La conexión con Twilio se cortó a mitad: compruebe la red y pruebe otra vez.",
        "en": "The connection to Twilio broke half-way: check the network and try again.",
    },
    NOT_SECURE: {
        "es": "No se pudo comprobar el certificado de Twilio: revise la hora de la máquina, y si un proxy o "
        "un antivirus abre el tráfico, ponga su certificado en REQUESTS_CA_BUNDLE.",
        "en": "Twilio's certificate could not be verified: check this machine's clock, and where a proxy or "
        "an antivirus opens the traffic, name its certificate in REQUESTS_CA_BUNDLE.",
    },
    NOT_UNDERSTOOD: {
        "es": "La respuesta no es de Twilio: compruebe TWILIO_API_URL, y que no haya un portal de acceso "
        "(el de un hotel, por ejemplo) en medio.",
        "en": "The answer is not Twilio's: check TWILIO_API_URL, and that no sign-in page (a hotel's, "
        "for instance) is in between.",
    },
}

_SERVER_FAILURE = {
    "es": "Twilio tiene un fallo: mire https://status.twilio.com y pruebe dentro de un rato.",
    "en": "Twilio has a failure of its own: see https://status.twilio.com and try again in a while.",
}


def what_to_do(code: int | str | None, language: str) -> str | None:
    """Say what a code means and what to do, in "es" or "en"; None for a code that has no entry.

    code: of an IntegrationError that one of Twilio's clients raised (where Twilio gave none, that is the HTTP
    status), or of a receipt.
    """
    if isinstance(code, int) and 500 <= code < 600:
        return _SERVER_FAILURE[language]
    advice = _ADVICE.get(code) if code is not None else None
    return advice[language] if advice else None


def receipt_is_permanent(code: int | None) -> bool:
    """Say whether a message that failed with this code would fail again if it were sent again.

    code: a receipt's ErrorCode, or a MessageState's error_code. A failure without one, or with a code
    of no entry, is permanent: nothing says that it passes, and it may have arrived after all.
    """
    return code not in PASSING_CODES
