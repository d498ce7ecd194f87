"""What Twilio's error codes mean to the person at the terminal, and what that person can do about them.

Follows https://www.twilio.com/docs/api/errors; the codes in letters are this client's own.
"""

NO_CONNECTION = "no-connection"
NO_ANSWER_IN_TIME = "timeout"
CONNECTION_LOST = "connection-lost"
NOT_SECURE = "tls"
NOT_UNDERSTOOD = "not-understood"

_CONSOLE = "https://console.twilio.com"

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
        "es": "Twilio no conoce esa llamada o esa cuenta: compruebe que TWILIO_ACCOUNT_SID es la suya.",
        "en": "Twilio knows no such call or account: check that TWILIO_ACCOUNT_SID is the right one.",
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

    code: of an IntegrationError that TwilioRest raised; where Twilio gave none, that is the HTTP status.
    """
    if isinstance(code, int) and 500 <= code < 600:
        return _SERVER_FAILURE[language]
    advice = _ADVICE.get(code) if code is not None else None
    return advice[language] if advice else None
